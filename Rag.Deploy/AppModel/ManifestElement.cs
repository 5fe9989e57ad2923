using System.Text.Json;

namespace Rag.Deploy.AppModel;

/// <summary>A piece of the manifest that knows where it stands, so that every complaint names file, resource and field.</summary>
internal readonly struct ManifestElement(string file, string? resource, string path, JsonElement element)
{
    public ManifestElement Of(string name) => new(file, name, path: "", element);

    public ManifestException Fault(string message) => new(file, resource, path.Length == 0 ? message : $"{path}: {message}");

    /// <summary>The field; null when it is not there or null.</summary>
    public ManifestElement? Optional(string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Fault($"an object was expected, this is {Describe()}.");
        }

        return element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? Inner(name, value) : null;
    }

    public ManifestElement Require(string name) => Optional(name) ?? throw Fault($"'{name}' is missing.");

    public string Text(string name) => Require(name).AsText();

    public string? OptionalText(string name) => Optional(name)?.AsText();

    public bool? Flag(string name) => Optional(name) is not { } field ? null : field.AsFlag();

    public int? Number(string name) => Optional(name) is not { } field ? null : field.AsNumber();

    public int? Port(string name) => Number(name) switch
    {
        null => null,
        >= 1 and <= 65535 and var port => port,
        var other => throw Fault($"'{name}' is {other}; a port is between 1 and 65535."),
    };

    public IEnumerable<(string Name, ManifestElement Value)> Members()
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Fault($"an object was expected, this is {Describe()}.");
        }

        var self = this;
        return element.EnumerateObject().Select(property => (property.Name, self.Inner(property.Name, property.Value)));
    }

    public IEnumerable<ManifestElement> Items(string name)
    {
        if (Optional(name) is not { } field)
        {
            return [];
        }

        return field.AsItems();
    }

    public string AsText() => AsOptionalText() ?? throw Fault("a text was expected, this is null.");

    /// <summary>Numbers and flags are taken as they are written: app hosts write both for environment variables.</summary>
    public string? AsOptionalText() => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => null,
        _ => throw Fault($"a text was expected, this is {Describe()}."),
    };

    private bool AsFlag() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Fault($"true or false was expected, this is {Describe()}."),
    };

    private int AsNumber() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number)
        ? number
        : throw Fault($"a whole number was expected, this is {Describe()}.");

    private List<ManifestElement> AsItems()
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Fault($"a list was expected, this is {Describe()}.");
        }

        var self = this;
        return [.. element.EnumerateArray().Select((item, i) => new ManifestElement(self.File, self.Resource, $"{self.Path}[{i}]", item))];
    }

    private string File => file;

    private string? Resource => resource;

    private string Path => path;

    private ManifestElement Inner(string name, JsonElement value) => new(file, resource, path.Length == 0 ? name : $"{path}.{name}", value);

    private string Describe() => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"the text \"{element.GetString()}\"",
        JsonValueKind.Number => $"the number {element.GetRawText()}",
        JsonValueKind.Null => "null",
        _ => element.GetRawText(),
    };
}
