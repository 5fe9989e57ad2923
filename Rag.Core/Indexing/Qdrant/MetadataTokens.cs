using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// A document's metadata as Qdrant can filter by: one keyword for each (field, value), whatever the value's type, and the numbers of each
/// field for ranges. Qdrant itself matches strings, whole numbers and truth values only, and its paths give dots in names a meaning.
/// </summary>
/// <param name="Values">Keywords.</param>
/// <param name="Numbers">By field, under <see cref="NumberKey"/>.</param>
internal sealed record MetadataTokens(IReadOnlySet<string> Values, IReadOnlyDictionary<string, IReadOnlyList<double>> Numbers)
{
    public static MetadataTokens Of(JsonElement metadata)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        if (metadata.ValueKind != JsonValueKind.Object)
        {
            return new MetadataTokens(values, numbers);
        }

        foreach (var field in metadata.EnumerateObject())
        {
            JsonElement[] each = field.Value.ValueKind == JsonValueKind.Array ? [field.Value, .. field.Value.EnumerateArray()] : [field.Value];
            foreach (var value in each)
            {
                values.Add(Value(field.Name, JsonNode.Parse(value.GetRawText())));
                if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                {
                    values.Add(Comparable(field.Name));
                }

                if (value.ValueKind == JsonValueKind.String)
                {
                    values.Add(Text(field.Name));
                }
            }

            var own = each.Where(static v => v.ValueKind == JsonValueKind.Number).Select(static v => v.GetDouble()).Where(double.IsFinite).ToArray();
            if (own.Length > 0)
            {
                numbers[NumberKey(field.Name)] = own;
            }
        }

        return new MetadataTokens(values, numbers);
    }

    /// <summary>The keyword of "this field has this value".</summary>
    public static string Value(string field, JsonNode? value) => Hash('=', field, Canonical(value));

    /// <summary>The keyword of "this field has a number or a string", which a range without bounds asks for.</summary>
    public static string Comparable(string field) => Hash('<', field, string.Empty);

    /// <summary>The keyword of "this field has a string".</summary>
    public static string Text(string field) => Hash('"', field, string.Empty);

    /// <summary>Name of a field's numbers: any name, without characters that mean something in a path.</summary>
    public static string NumberKey(string field) => Hash('#', field, string.Empty);

    // Numbers by value, members of objects in one order.
    private static string Canonical(JsonNode? value) => value switch
    {
        null => "null",
        JsonArray array => $"[{string.Join(',', array.Select(Canonical))}]",
        JsonObject members => $"{{{string.Join(',', members.OrderBy(static m => m.Key, StringComparer.Ordinal).Select(static m => $"{JsonValue.Create(m.Key).ToJsonString()}:{Canonical(m.Value)}"))}}}",
        _ when value.GetValueKind() == JsonValueKind.Number && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) =>
            (number == 0 ? 0 : number).ToString("R", CultureInfo.InvariantCulture),
        _ when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(value.GetValue<string>()).ToJsonString(),
        _ => value.ToJsonString(),
    };

    // Keywords of one length, however long a value is. Two that meet by chance cost a candidate that the database's check drops.
    private static string Hash(char kind, string field, string value) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}{field.Length}:{field}{value}")).AsSpan(0, 16));
}
