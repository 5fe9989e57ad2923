namespace Rag.Cli.Tests.Api;

/// <summary>Bodies as docs/api.md describes them.</summary>
internal static class ApiShapes
{
    private const string Time = "2026-01-02T03:04:05Z";

    public static string Collection(string name) => $$"""
        {"id":"0196f000-0000-7000-8000-000000000001","name":"{{name}}","description":"","language":"en",
         "chunking":{"targetTokens":400,"maxTokens":800,"overlapTokens":40},"retrieval":{"mode":null},
         "documents":{"total":3,"queued":0,"processing":1,"ready":1,"failed":1},"chunks":17,"sizeBytes":3145728,"created":"{{Time}}","updated":"{{Time}}"}
        """;

    public static string Document(Guid id, string status, string? problem = null) => $$"""
        {"id":"{{id}}","collection":"default","sourceId":"s","name":"n","title":null,"mediaType":null,"metadata":{},"status":"{{status}}","stage":null,"progress":0,
         "problem":{{problem ?? "null"}},"searchable":false,"generation":null,"chunks":0,"pages":null,"sizeBytes":1,"sha256":"00","warnings":[],"attempts":1,
         "created":"{{Time}}","updated":"{{Time}}","readyAt":null}
        """;

    public static string Evidence(int number, string text, string name = "handbook.pdf", string? title = "Night work", int? page = 3) => $$"""
        {"number":{{number}},"chunkId":"0196f000-0000-7000-8000-0000000000c1","documentId":"0196f000-0000-7000-8000-0000000000d1","generation":1,
         "documentName":"{{name}}","title":{{(title is null ? "null" : $"\"{title}\"")}},"sourceId":"handbook","ordinal":0,"start":0,"end":{{text.Length}},"text":"{{text}}",
         "headings":["Handbook","Night"],"page":{{page?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}},"metadata":{},"score":0.5,
         "scores":{"lexical":0.5,"dense":null,"fused":null,"rerank":null},"highlights":[]}
        """;

    public static string Citation(int number, string quote, string? title = "Night work", int? page = 3) => $$"""
        {"number":{{number}},"evidence":1,"documentId":"0196f000-0000-7000-8000-0000000000d1","generation":1,"chunkId":"0196f000-0000-7000-8000-0000000000c1",
         "documentName":"handbook.pdf","title":{{(title is null ? "null" : $"\"{title}\"")}},"page":{{page?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}},
         "start":0,"end":{{quote.Length}},"quote":"{{quote}}"}
        """;

    public static string Event(string name, string data) => $"event: {name}\ndata: {data.ReplaceLineEndings(" ")}\n\n";
}
