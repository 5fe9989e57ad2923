using Rag.Deploy.AppModel.Expressions;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Takes the secret out of a connection string: of <c>Host=db;Password=...;Database=x</c> remains <c>Host=db;Database=x</c>, of
/// <c>cache:6379,password=...</c> remains <c>cache:6379</c>. Fields are separated by semicolons or, where there are none, by commas.
/// </summary>
internal static class SecretCut
{
    /// <summary>What remains, and whose secret was cut out; null when the text has another shape.</summary>
    public static (string Remainder, string Parameter)? Of(ResolvedText value)
    {
        if (value.Parts is [SecretPart { UriEncodings: 0 } alone])
        {
            return ("", alone.Parameter);
        }

        var secrets = value.Parts.OfType<SecretPart>().ToList();
        if (secrets is not [{ UriEncodings: 0 } secret])
        {
            return null;
        }

        // A character that no connection string has stands for the secret while the fields are told apart.
        const char Place = '\u0001';
        var text = value.Render(_ => Place.ToString());
        var separator = text.Contains(';', StringComparison.Ordinal) ? ';' : ',';
        var fields = text.Split(separator).ToList();
        var index = fields.FindIndex(static field => field.Contains(Place, StringComparison.Ordinal));
        if (!fields[index].EndsWith($"={Place}", StringComparison.Ordinal))
        {
            return null;
        }

        fields.RemoveAt(index);
        return (string.Join(separator, fields), secret.Parameter);
    }
}
