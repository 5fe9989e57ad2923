namespace Rag.Deploy.AppModel;

/// <summary>
/// Where a workload listens and where others reach it inside of a cluster. Explicit target ports win; a container without one listens on its
/// port; a project listens on 8080. Its https endpoint is its http endpoint, whatever ports it has of its own: TLS ends in front of the cluster's own
/// network, and there is no certificate to listen with. A project that has no other listens in plain text where its https endpoint would be.
/// </summary>
public static class Addresses
{
    /// <summary>What .NET's container images listen on.</summary>
    public const int ProjectPort = 8080;

    // Where Aspire begins as well.
    private const int FirstFreePort = 8000;

    /// <summary>Port that the program listens on.</summary>
    /// <exception cref="ManifestException">The manifest gives none.</exception>
    public static int TargetPort(string file, WorkloadResource workload, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(workload);
        var binding = Binding(file, workload, endpoint);
        return binding.TargetPort ?? workload switch
        {
            ProjectResource => ProjectTarget(workload, Listening(workload, endpoint)),
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

    /// <summary>Name of the endpoint that stands for this one: of a project's https endpoint its http endpoint, of any other itself.</summary>
    public static string Listening(WorkloadResource workload, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(endpoint);
        if (workload is not ProjectResource || workload.Bindings.GetValueOrDefault(endpoint)?.Scheme != "https")
        {
            return endpoint;
        }

        // "admin-https" belongs to "admin-http".
        var plain = workload.Bindings.Where(static pair => pair.Value.Scheme == "http").Select(static pair => pair.Key).ToList();
        var namesake = endpoint.Replace("https", "http", StringComparison.OrdinalIgnoreCase);
        return plain.Find(name => name.Equals(namesake, StringComparison.OrdinalIgnoreCase)) ?? plain.FirstOrDefault() ?? endpoint;
    }

    /// <summary>What the manifest says of the endpoint that stands for this one.</summary>
    /// <exception cref="ManifestException">There is none of that name.</exception>
    public static Binding Binding(string file, WorkloadResource workload, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(workload);
        return workload.Bindings.TryGetValue(Listening(workload, endpoint), out var binding)
            ? binding
            : throw new ManifestException(
                file, workload.Name, $"it has no endpoint '{endpoint}'; it has: {(workload.Bindings.Count == 0 ? "none" : string.Join(", ", workload.Bindings.Keys))}.");
    }

    // A program that is told where each of its endpoints listens cannot listen twice in one place; one that is told nothing listens where .NET does.
    private static int ProjectTarget(WorkloadResource workload, string endpoint)
    {
        var open = workload.Bindings.Where(pair => pair.Value.TargetPort is null && Listening(workload, pair.Key) == pair.Key)
            .OrderBy(static pair => pair.Value.Scheme switch { "http" => 0, "https" => 1, _ => 2 })
            .Select(static pair => pair.Key)
            .ToList();
        var taken = workload.Bindings.Values.Select(static binding => binding.TargetPort).OfType<int>().Append(ProjectPort).ToHashSet();
        return open.Select(name => (Name: name, Target: name != open[0] && IsTold(workload, name) ? Enumerable.Range(FirstFreePort, ushort.MaxValue - FirstFreePort).First(taken.Add) : ProjectPort))
            .First(next => next.Name == endpoint).Target;
    }

    private static bool IsTold(WorkloadResource workload, string endpoint) =>
        workload.Env.Values.Concat(workload.Args).Any(text => text.Contains($"{{{workload.Name}.bindings.{endpoint}.targetPort}}", StringComparison.Ordinal));
}
