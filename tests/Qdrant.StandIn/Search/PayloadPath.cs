using System.Text.Json;

namespace Qdrant.StandIn.Search;

/// <summary>What a key such as <c>a.b[].c</c> or <c>"x.y".z</c> points to in a payload.</summary>
internal static class PayloadPath
{
    /// <summary>The values there, the elements of arrays one by one.</summary>
    public static List<JsonElement> Values(JsonElement payload, string key)
    {
        IEnumerable<JsonElement> current = [payload];
        foreach (var step in Steps(key))
        {
            current = current
                .SelectMany(static v => v.ValueKind == JsonValueKind.Array ? v.EnumerateArray().ToArray() : [v])
                .Where(v => v.ValueKind == JsonValueKind.Object && v.TryGetProperty(step, out _))
                .Select(v => v.GetProperty(step));
        }

        return [.. current.SelectMany(static v => v.ValueKind == JsonValueKind.Array ? v.EnumerateArray().ToArray() : [v])];
    }

    private static List<string> Steps(string key)
    {
        var steps = new List<string>();
        var at = 0;
        while (at < key.Length)
        {
            int end;
            if (key[at] == '"')
            {
                end = key.IndexOf('"', at + 1);
                steps.Add(key[(at + 1)..end]);
                end++;
            }
            else
            {
                end = key.IndexOf('.', at) is var dot and >= 0 ? dot : key.Length;
                steps.Add(key[at..end].Replace("[]", string.Empty, StringComparison.Ordinal));
            }

            at = end + 1;
        }

        return steps;
    }
}
