namespace Rag.Deploy.Tests.Aspirate;

/// <summary>
/// What aspirate hands to its templates: one type for all of them, filled as far as a file needs it. Handlebars finds the members by their
/// names, so those are aspirate's (9.1.0 and its newest source), and so is what each of the flags means.
/// </summary>
internal sealed record AspirateModel
{
    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public Dictionary<string, string> Env { get; init; } = [];

    public Dictionary<string, string> Secrets { get; init; } = [];

    public Dictionary<string, string> Annotations { get; init; } = [];

    public IReadOnlyList<AspirateVolume> Volumes { get; init; } = [];

    public IReadOnlyList<AspiratePort> Ports { get; init; } = [];

    public IReadOnlyList<string> Manifests { get; init; } = [];

    public IReadOnlyList<string> Args { get; init; } = [];

    public bool SecretsDisabled { get; init; }

    public bool IsProject { get; init; }

    public bool WithPrivateRegistry { get; init; }

    public bool WithDashboard { get; init; }

    public string? ContainerImage { get; init; }

    public string? Entrypoint { get; init; }

    public string ImagePullPolicy { get; init; } = "IfNotPresent";

    public string ServiceType { get; init; } = "ClusterIP";

    public bool HasPorts => Ports.Count > 0;

    public bool HasVolumes => Volumes.Count > 0;

    public bool HasAnySecrets => Secrets.Count > 0 && !SecretsDisabled;

    public bool HasAnyAnnotations => Annotations.Count > 0;

    public bool HasArgs => Args.Count > 0;

    public bool HasAnyEnv => Env.Count > 0;

    public bool WithNamespace => !string.IsNullOrWhiteSpace(Namespace);
}

/// <summary>A port; of an endpoint without one outside, that is 0.</summary>
internal sealed record AspiratePort(string Name, int InternalPort, int ExternalPort);

/// <summary>A volume of a container.</summary>
internal sealed record AspirateVolume(string Name, string Target);
