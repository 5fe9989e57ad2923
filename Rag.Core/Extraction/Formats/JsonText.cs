using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Rag.Core.Extraction.Formats;

/// <summary>JSON, indented, so that it is cut at lines. What does not parse is read as plain text and says so.</summary>
internal static class JsonText
{
    public const string Version = "json-1";

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 256, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private static readonly JsonWriterOptions Writing = new()
    {
        Indented = true,
        MaxDepth = 256,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for reading, not for a page: the web front end encodes all text itself
        NewLine = "\n",
    };

    public static ExtractedDocument Extract(string text, IReadOnlyList<string> warnings, ExtractionOptions options)
    {
        string indented;
        try
        {
            using var parsed = JsonDocument.Parse(text, Reading);
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, Writing))
            {
                parsed.WriteTo(writer);
            }

            indented = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // InvalidOperationException and ArgumentException: strings with lone surrogates cannot be written as UTF-8.
            return PlainText.Extract(text, ContentType.Of(ContentFormat.Text), [.. warnings, "The file is not valid JSON and was read as plain text."]);
        }

        var builder = new DocumentBuilder(options);
        foreach (var warning in warnings)
        {
            builder.Warn(warning);
        }

        builder.Add(BlockKind.Code, indented);
        return builder.Build(Version, ContentType.Of(ContentFormat.Json), title: null);
    }
}
