using System.Text.Json;

namespace Qdrant.StandIn.Store;

/// <summary>One point: its vectors by name, and its payload.</summary>
internal sealed record Point(string Id, IReadOnlyDictionary<string, float[]> Dense, IReadOnlyDictionary<string, SparseValues> Sparse, JsonElement Payload)
{
    /// <summary>Number of the operation that wrote it.</summary>
    public long Version { get; init; }

    /// <summary>UUIDs in one spelling; numbers as they are.</summary>
    public static string IdOf(JsonElement id) => id.ValueKind == JsonValueKind.String ? Guid.Parse(id.GetString()!).ToString("D") : id.GetRawText();
}

/// <summary>A sparse vector, by ascending index.</summary>
internal sealed record SparseValues(uint[] Indices, float[] Values)
{
    public static SparseValues Of(JsonElement element)
    {
        var indices = element.GetProperty("indices").EnumerateArray().Select(static i => i.GetUInt32()).ToArray();
        var values = element.GetProperty("values").EnumerateArray().Select(static v => v.GetSingle()).ToArray();
        if (indices.Length != values.Length)
        {
            throw StandInException.WrongInput("a sparse vector must have as many values as indices.");
        }

        if (indices.Distinct().Count() != indices.Length)
        {
            throw StandInException.WrongInput("the indices of a sparse vector must be unique.");
        }

        Array.Sort(indices, values);
        return new SparseValues(indices, values);
    }

    /// <summary>The product with another; null where they have no index in common: such a point is no result.</summary>
    public float? Dot(SparseValues other)
    {
        var (i, j) = (0, 0);
        float? sum = null;
        while (i < Indices.Length && j < other.Indices.Length)
        {
            if (Indices[i] == other.Indices[j])
            {
                sum = (sum ?? 0) + (Values[i++] * other.Values[j++]);
            }
            else if (Indices[i] < other.Indices[j])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return sum;
    }
}
