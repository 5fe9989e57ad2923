using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Http;

/// <summary>A JSON body as a handler's parameter, read strictly: see <see cref="JsonShape"/>.</summary>
/// <param name="Value">Its shape fits; its meaning is the handler's to check.</param>
internal sealed record Body<T>(T Value) : IEndpointParameterMetadataProvider
{
    public static async ValueTask<Body<T>?> BindAsync(HttpContext context) => new(await JsonBody.ReadAsync<T>(context));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}

internal static class JsonBody
{
    public static async Task<T> ReadAsync<T>(HttpContext context) => Parse<T>((await RequestBody.ReadAsync(context)).Bytes);

    /// <exception cref="ProblemException"><c>invalid-json</c>, <c>invalid-request</c>.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            throw new ProblemException("invalid-json", "The request has no body; a JSON object is needed here.");
        }

        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var problems = new Validation();
            JsonShape.Check(document.RootElement, typeof(T), problems);
            problems.ThrowIfAny();
            return document.RootElement.Deserialize<T>(ApiJson.Options)!;
        }
        catch (JsonException e)
        {
            throw new ProblemException(
                "invalid-json",
                e.LineNumber is { } line
                    ? $"The body is not valid JSON: look at line {line + 1}, byte {e.BytePositionInLine + 1}."
                    : "The body is not valid JSON, or names a field twice.",
                e);
        }
        catch (InvalidOperationException e)
        {
            // What the reader throws for a lone surrogate or bytes that are no UTF-8 inside a string.
            throw new ProblemException("invalid-json", "The body holds text that is not valid Unicode.", e);
        }
    }
}
