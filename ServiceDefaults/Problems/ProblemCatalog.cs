using System.Collections.Frozen;

namespace RagPlatform.ServiceDefaults.Problems;

/// <summary>Every code that an answer may carry and the status that goes with it; the same table as in docs/api.md.</summary>
public static class ProblemCatalog
{
    /// <summary>What the code is appended to in a problem's <c>type</c>.</summary>
    public const string TypeRoot = "https://ragplatform.dev/problems/";

    private static readonly FrozenDictionary<string, int> Statuses = new Dictionary<int, string[]>
    {
        [400] = ["invalid-request", "invalid-json", "invalid-cursor", "invalid-filter", "invalid-name"],
        [401] = ["key-missing", "key-unknown", "link-used"],
        [403] = ["scope-missing", "origin-foreign"],
        [404] = ["collection-not-found", "document-not-found", "key-not-found", "job-not-found", "not-found"],
        [405] = ["method-not-allowed"],
        [408] = ["request-timeout"],
        [409] = ["collection-exists", "document-busy", "key-configured", "no-original", "original-damaged", "request-in-progress"],
        [413] = ["file-too-large", "body-too-large"],
        [415] = ["unsupported-media-type"],
        [422] = ["url-disabled", "idempotency-key-reused", "empty-file"],
        [429] = ["rate-limited"],
        [500] = ["internal"],
        [503] = ["storage-away", "blobs-away", "index-away", "model-away"],
        [507] = ["disk-full"],
    }.SelectMany(static status => status.Value, static (status, code) => KeyValuePair.Create(code, status.Key)).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every known code.</summary>
    public static IReadOnlyCollection<string> Codes => Statuses.Keys;

    /// <summary>The status of a code; null for one that is not an error of a request.</summary>
    public static int? StatusOf(string code) => Statuses.TryGetValue(code, out var status) ? status : null;

    /// <summary>The code for an answer of the framework that has only a status.</summary>
    public static string CodeOf(int status) => status switch
    {
        401 => "key-missing",
        403 => "scope-missing",
        404 => "not-found",
        405 => "method-not-allowed",
        408 => "request-timeout",
        413 => "body-too-large",
        415 => "unsupported-media-type",
        429 => "rate-limited",
        >= 500 => "internal",
        _ => "invalid-request",
    };

    /// <summary>The title of a code: <c>collection-not-found</c> is "Collection not found".</summary>
    public static string TitleOf(string code) => $"{char.ToUpperInvariant(code[0])}{code[1..].Replace('-', ' ')}";
}
