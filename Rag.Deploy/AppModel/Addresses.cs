namespace Rag.Deploy.AppModel;

/// <summary>
/// Where a workload listens and where others reach it inside of a cluster. Explicit target ports win; a container without one listens on its
/// port; a project listens on 8080, and its https endpoint is the same one, because TLS ends in front of the cluster's own network.
/// </summary>
public static class Addresses
{
    /// <summary>What .NET's container images listen on.</summary>
    public const int ProjectPort = 8080;

    /// <summary>Port that the program listens on.</summary>
    /// <exception cref="ManifestException">The manifest gives none.</exception>
    public static int TargetPort(string file, WorkloadResource workload, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(workload);
        var binding = Binding(file, workload, endpoint);
        return binding.TargetPort ?? workload switch
        {
            ProjectResource => ProjectPort,
            _ => binding.Port ?? throw new ManifestException(
                file, workload.Name, $"its endpoint '{endpoint}' has no port.", "Give it a target port in the app host: WithEndpoint(targetPort: ...)."),
        };
    }

    /// <summary>Port of its Service.</summary>
    /// <exception cref="ManifestException">The manifest gives none.</exception>
    public static int ServicePort(string file, WorkloadResource workload, string endpoint) =>
        Binding(file, workload, endpoint).Port ?? TargetPort(file, workload, endpoint);

    /// <summary>What a client says: TLS ends in front of a project.</summary>
    public static string Scheme(string file, WorkloadResource workload, string endpoint)
    {
        var scheme = Binding(file, workload, endpoint).Scheme;
        return workload is ProjectResource && scheme == "https" ? "http" : scheme;
    }

    /// <summary>The endpoint as the manifest has it.</summary>
    /// <exception cref="ManifestException">There is none of that name.</exception>
    public static Binding Binding(string file, WorkloadResource workload, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return workload.Bindings.TryGetValue(endpoint, out var binding)
            ? binding
            : throw new ManifestException(
                file, workload.Name, $"it has no endpoint '{endpoint}'; it has: {(workload.Bindings.Count == 0 ? "none" : string.Join(", ", workload.Bindings.Keys))}.");
    }
}
