using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Rag.Core.Extraction.Formats;

/// <summary>JSON, indented, so that it is cut at lines. What does not parse is read as plain text and says so.</summary>
internal static class JsonText
{
    public const string Version = "json-1";

    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping; // for reading, not for a page: the web front end encodes all text itself

    public static ExtractedDocument Extract(string text, IReadOnlyList<string> warnings, ExtractionOptions options)
    {
        string indented;
        try
        {
            EnsureLimits(text, options);
            using var parsed = JsonDocument.Parse(
                text, new JsonDocumentOptions { MaxDepth = options.MaxNesting, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, MaxDepth = options.MaxNesting, Encoder = Encoder, NewLine = "\n" }))
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

    /// <summary>
    /// Depth, which the parser calls by the same name as bad syntax, and length: two blanks for every level on every line make a short
    /// file with many small values deep inside a very long one, before anybody could count it.
    /// </summary>
    private static void EnsureLimits(string text, ExtractionOptions options)
    {
        var depth = 0;
        var isString = false;
        var length = (long)text.Length;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    isString = !isString;
                    break;
                case '\\' when isString:
                    i++;
                    break;
                case '[' or '{' when !isString && ++depth > options.MaxNesting:
                    throw NestingLimit.Exceeded(options);
                case ']' or '}' when !isString:
                    depth--;
                    length += 2 * depth;
                    break;
                case ',' when !isString:
                    length += 2 * depth;
                    break;
            }
        }

        DocumentBuilder.EnsureTextLength(length, options);
    }
}
