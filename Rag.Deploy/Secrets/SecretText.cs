using System.Security.Cryptography;
using Rag.Deploy.AppModel;

namespace Rag.Deploy.Secrets;

/// <summary>Makes up secrets in the shape that the app model asks for.</summary>
internal static class SecretText
{
    // As Aspire has them: without what is mistaken for something else, and without what connection strings and shells take for their own.
    private const string Lower = "abcdefghjkmnpqrstuvwxyz";
    private const string Upper = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string Digits = "0123456789";
    private const string Special = "-_.{}~()*+!";

    /// <summary>A new text, from the system's source of randomness.</summary>
    /// <exception cref="DeployException">The shape allows no character at all.</exception>
    public static string New(GeneratedText shape)
    {
        (string Alphabet, int AtLeast)[] kinds =
        [
            (shape.Lower ? Lower : "", shape.MinLower),
            (shape.Upper ? Upper : "", shape.MinUpper),
            (shape.Numeric ? Digits : "", shape.MinNumeric),
            (shape.Special ? Special : "", shape.MinSpecial),
        ];
        var alphabet = string.Concat(kinds.Select(static kind => kind.Alphabet));
        if (alphabet.Length == 0)
        {
            throw new DeployException("A secret is to be made up of no characters: lower, upper, numeric and special are all false.");
        }

        var characters = kinds.Where(static kind => kind.Alphabet.Length > 0)
            .SelectMany(static kind => RandomNumberGenerator.GetString(kind.Alphabet, kind.AtLeast))
            .ToList();
        // Fewer than 128 bits are not enough, whatever the app host says.
        const int Enough = 22;
        characters.AddRange(RandomNumberGenerator.GetString(alphabet, Math.Max(0, Math.Max(shape.MinLength, Enough) - characters.Count)));
        var shuffled = characters.ToArray();
        RandomNumberGenerator.Shuffle(shuffled.AsSpan());
        return new string(shuffled);
    }
}
