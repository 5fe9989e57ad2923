using System.Text.Json;

namespace Qdrant.StandIn.Contract;

/// <summary>Qdrant's own OpenAPI description: which operations there are and what goes in and out of each.</summary>
internal sealed class Description
{
    private static readonly string[] Methods = ["get", "put", "post", "patch", "delete"];
    private readonly JsonElement _root;
    private readonly List<Operation> _operations = [];

    private Description(JsonElement root)
    {
        _root = root;
        foreach (var path in root.GetProperty("paths").EnumerateObject())
        {
            foreach (var method in path.Value.EnumerateObject().Where(static m => Methods.Contains(m.Name)))
            {
                _operations.Add(new Operation(method.Name.ToUpperInvariant(), path.Name.Split('/'), method.Value));
            }
        }
    }

    public static Description Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return new Description(document.RootElement.Clone());
    }

    /// <summary>The operation that serves a request, or null.</summary>
    public Operation? Find(string method, string path)
    {
        var segments = path.TrimEnd('/').Split('/');
        return path == "/"
            ? _operations.Find(o => o.Method == method && o.Template is ["", ""])
            : _operations.Where(o => o.Method == method && o.Matches(segments)).OrderBy(static o => o.Template.Count(static s => s.StartsWith('{'))).FirstOrDefault();
    }

    /// <summary>Follows a reference such as <c>#/components/schemas/Filter</c>.</summary>
    public JsonElement Resolve(JsonElement schema)
    {
        while (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference))
        {
            schema = _root;
            foreach (var step in reference.GetString()!.Split('/').Skip(1))
            {
                schema = schema.GetProperty(step);
            }
        }

        return schema;
    }
}

/// <summary>One method of one path.</summary>
internal sealed record Operation(string Method, string[] Template, JsonElement Definition)
{
    public JsonElement? RequestSchema =>
        Definition.TryGetProperty("requestBody", out var body) ? body.GetProperty("content").GetProperty("application/json").GetProperty("schema") : null;

    /// <summary>Names of the query's parameters, with their schemas.</summary>
    public IReadOnlyDictionary<string, JsonElement> Query =>
        Definition.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Where(static p => p.GetProperty("in").GetString() == "query").ToDictionary(static p => p.GetProperty("name").GetString()!, static p => p.GetProperty("schema"))
            : new Dictionary<string, JsonElement>();

    public bool Matches(string[] segments) =>
        segments.Length == Template.Length && Template.Zip(segments).All(static pair => pair.First.StartsWith('{') ? pair.Second.Length > 0 : pair.First == pair.Second);

    /// <summary>What an answer of this status must look like; null where the description gives no JSON.</summary>
    public JsonElement? ResponseSchema(int status)
    {
        var responses = Definition.GetProperty("responses");
        foreach (var name in (string[])[$"{status}", $"{status / 100}XX", "default"])
        {
            if (responses.TryGetProperty(name, out var response))
            {
                return response.TryGetProperty("content", out var content) && content.TryGetProperty("application/json", out var json) ? json.GetProperty("schema") : null;
            }
        }

        return null;
    }
}
