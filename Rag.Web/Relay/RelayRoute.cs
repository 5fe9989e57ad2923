namespace Rag.Web.Relay;

/// <summary>One route of the API that a signed-in browser may use through this site.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Pattern">Path under <c>/app/</c> here and under <c>/v1/</c> there.</param>
/// <param name="Kind">How its bodies are handled.</param>
/// <param name="Query">Query parameters that are passed on; others are dropped.</param>
internal sealed record RelayRoute(string Method, string Pattern, RelayKind Kind, params string[] Query);

/// <summary>How the bodies of a route are handled.</summary>
internal enum RelayKind
{
    /// <summary>Small JSON both ways.</summary>
    Json,

    /// <summary>The request is as large as a person's files.</summary>
    Upload,

    /// <summary>The response is an original, of whatever type: it is only ever saved, never shown.</summary>
    Original,

    /// <summary>The response goes on until somebody ends it.</summary>
    Events,

    /// <summary>The response comes bit by bit and then ends.</summary>
    Answer,
}

/// <summary>The allow-list: what is not here is not reachable through this site.</summary>
internal static class RelayRoutes
{
    private const string Collection = "collections/{collection:slug}";
    private const string Document = Collection + "/documents/{id:guid}";

    public static IReadOnlyList<RelayRoute> All { get; } =
    [
        new("GET", Collection, RelayKind.Json),
        new("GET", Collection + "/documents", RelayKind.Json, "status", "q", "limit", "cursor"),
        new("POST", Collection + "/documents", RelayKind.Upload),
        new("GET", Document, RelayKind.Json),
        new("DELETE", Document, RelayKind.Json),
        new("POST", Document + "/reprocess", RelayKind.Json),
        new("GET", Document + "/content", RelayKind.Original),
        new("GET", Collection + "/events", RelayKind.Events, "after"),
        new("POST", Collection + "/search", RelayKind.Json),
        new("POST", Collection + "/ask", RelayKind.Answer),
        new("GET", "session", RelayKind.Json),
        new("GET", "version", RelayKind.Json),
    ];
}
