using System.Buffers;
using System.Text.Json;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Points as JSON, without a tree in between: most of what is sent is numbers.</summary>
internal static class PointWriter
{
    public static ArrayBufferWriter<byte> Write(IReadOnlyCollection<QdrantPoint> points)
    {
        var buffer = new ArrayBufferWriter<byte>(points.Count * 4096);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("points");
        foreach (var point in points)
        {
            json.WriteStartObject();
            json.WriteString("id", point.Id);
            WriteVectors(json, point);
            WritePayload(json, point);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    private static void WriteVectors(Utf8JsonWriter json, QdrantPoint point)
    {
        json.WriteStartObject("vector");
        if (point.Vector is { } vector)
        {
            json.WriteStartArray(QdrantClient.Dense);
            foreach (var value in vector.Span)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
        }

        if (point.Terms.Indices.Count > 0)
        {
            json.WriteStartObject(QdrantClient.Terms);
            json.WriteStartArray("indices");
            foreach (var index in point.Terms.Indices)
            {
                json.WriteNumberValue(index);
            }

            json.WriteEndArray();
            json.WriteStartArray("values");
            foreach (var value in point.Terms.Values)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WritePayload(Utf8JsonWriter json, QdrantPoint point)
    {
        json.WriteStartObject("payload");
        json.WriteString(PayloadFields.Collection, point.Collection.Value);
        json.WriteString(PayloadFields.Document, point.Document.Value);
        json.WriteNumber(PayloadFields.Generation, point.Generation);
        json.WriteNumber(PayloadFields.Ordinal, point.Ordinal);
        json.WriteString(PayloadFields.Metadata, point.Revision);
        json.WriteStartArray(PayloadFields.Values);
        foreach (var value in point.Metadata.Values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
        if (point.Metadata.Numbers.Count > 0)
        {
            json.WriteStartObject(PayloadFields.Numbers);
            foreach (var (field, numbers) in point.Metadata.Numbers)
            {
                json.WriteStartArray(field);
                foreach (var number in numbers)
                {
                    json.WriteNumberValue(number);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
