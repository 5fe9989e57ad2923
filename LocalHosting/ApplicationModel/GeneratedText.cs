using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Makes passwords and keys.</summary>
internal static class GeneratedText
{
    // Left out: letters that are mistaken for one another, and signs that mean something in shells, URLs and connection strings.
    private const string LowerAlphabet = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericAlphabet = "0123456789";
    private const string SpecialAlphabet = "-_.{}~()*+!";

    /// <exception cref="ArgumentException">No class of characters is allowed, or one that is not must occur.</exception>
    public static string Create(GenerateParameterDefault recipe)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(recipe.MinLength);
        (string Name, string Alphabet, bool Allowed, int Minimum)[] classes =
        [
            (nameof(recipe.Lower), LowerAlphabet, recipe.Lower, recipe.MinLower),
            (nameof(recipe.Upper), UpperAlphabet, recipe.Upper, recipe.MinUpper),
            (nameof(recipe.Numeric), NumericAlphabet, recipe.Numeric, recipe.MinNumeric),
            (nameof(recipe.Special), SpecialAlphabet, recipe.Special, recipe.MinSpecial),
        ];

        foreach (var (name, _, allowed, minimum) in classes)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(minimum, $"Min{name}");
            if (!allowed && minimum > 0)
            {
                throw new ArgumentException($"'Min{name}' must be 0 if '{name}' is disabled.", nameof(recipe));
            }
        }

        var any = string.Concat(classes.Where(c => c.Allowed).Select(c => c.Alphabet));
        if (any.Length == 0)
        {
            throw new ArgumentException("At least one character type must be enabled.", nameof(recipe));
        }

        List<char> text = [];
        foreach (var (_, alphabet, _, minimum) in classes)
        {
            text.AddRange(RandomNumberGenerator.GetItems<char>(alphabet, minimum));
        }

        text.AddRange(RandomNumberGenerator.GetItems<char>(any, Math.Max(0, recipe.MinLength - text.Count)));
        var characters = text.ToArray();
        RandomNumberGenerator.Shuffle(characters.AsSpan());
        return new string(characters);
    }
}
