using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting.Manifest;

/// <summary>The manifest as Aspire 13.5 writes it; the order of the members is the order of the fields. Null members are not written.</summary>
internal sealed record ManifestDocument(OrderedDictionary<string, object> Resources)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public void Write(Stream stream) => JsonSerializer.Serialize(stream, this, Format);
}

internal sealed record ManifestProject
{
    public string Type { get; } = "project.v0";

    public required string Path { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public OrderedDictionary<string, string?>? Env { get; init; }

    public OrderedDictionary<string, ManifestBinding>? Bindings { get; init; }
}

internal sealed record ManifestContainer
{
    public string Type => Build is null ? "container.v0" : "container.v1";

    public string? ConnectionString { get; init; }

    public string? Image { get; init; }

    public ManifestBuild? Build { get; init; }

    public string? Entrypoint { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyList<ManifestBindMount>? BindMounts { get; init; }

    public IReadOnlyList<ManifestVolume>? Volumes { get; init; }

    public OrderedDictionary<string, string?>? Env { get; init; }

    public OrderedDictionary<string, ManifestBinding>? Bindings { get; init; }
}

internal sealed record ManifestExecutable
{
    public string Type { get; } = "executable.v0";

    public required string WorkingDirectory { get; init; }

    public required string Command { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public OrderedDictionary<string, string?>? Env { get; init; }

    public OrderedDictionary<string, ManifestBinding>? Bindings { get; init; }
}

internal sealed record ManifestParameter
{
    public string Type { get; } = "parameter.v0";

    public string? ConnectionString { get; init; }

    public required string Value { get; init; }

    public required OrderedDictionary<string, ManifestInput> Inputs { get; init; }
}

internal sealed record ManifestInput
{
    public string Type { get; } = "string";

    /// <summary>True or absent.</summary>
    public bool? Secret { get; init; }

    public ManifestParameterDefault? Default { get; init; }
}

internal sealed record ManifestParameterDefault
{
    public ManifestGenerate? Generate { get; init; }

    public string? Value { get; init; }
}

internal sealed record ManifestGenerate
{
    public required int MinLength { get; init; }

    /// <summary>False or absent, as the three after it.</summary>
    public bool? Lower { get; init; }

    public bool? Upper { get; init; }

    public bool? Numeric { get; init; }

    public bool? Special { get; init; }

    public int? MinLower { get; init; }

    public int? MinUpper { get; init; }

    public int? MinNumeric { get; init; }

    public int? MinSpecial { get; init; }
}

internal sealed record ManifestValue(string ConnectionString)
{
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "value.v0";
}

internal sealed record ManifestAnnotatedString(string Value, string Filter)
{
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "annotated.string";
}

internal sealed record ManifestError(string Error);

internal sealed record ManifestBuild
{
    public required string Context { get; init; }

    public required string Dockerfile { get; init; }

    public string? Stage { get; init; }

    /// <summary>A null value is written: it is taken from the environment of the build.</summary>
    public OrderedDictionary<string, string?>? Args { get; init; }
}

internal sealed record ManifestBindMount(string Source, string Target, bool ReadOnly);

internal sealed record ManifestVolume(string? Name, string Target, bool ReadOnly);

internal sealed record ManifestBinding
{
    public required string Scheme { get; init; }

    public required string Protocol { get; init; }

    public required string Transport { get; init; }

    public int? Port { get; init; }

    public int? TargetPort { get; init; }

    /// <summary>True or absent.</summary>
    public bool? External { get; init; }
}
