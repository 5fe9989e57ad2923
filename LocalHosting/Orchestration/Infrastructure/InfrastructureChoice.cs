namespace Aspire.Hosting.Orchestration.Infrastructure;

/// <summary>Decides what runs the servers.</summary>
internal static class InfrastructureChoice
{
    /// <summary>Configuration key that forces one.</summary>
    public const string ConfigurationKey = "Infrastructure";

    /// <summary>The value of the key.</summary>
    /// <exception cref="DistributedApplicationException">It is neither.</exception>
    public static InfrastructureKind? Parse(string? configured) => configured?.ToUpperInvariant() switch
    {
        null or "" => null,
        "NATIVE" => InfrastructureKind.Native,
        "CONTAINERS" => InfrastructureKind.Containers,
        _ => throw new DistributedApplicationException($"{ConfigurationKey} is '{configured}'; it can be 'containers' or 'native'."),
    };

    /// <summary>The kind and the reason in one line.</summary>
    /// <param name="configured">What the user forces.</param>
    /// <param name="recorded">What an earlier start chose.</param>
    /// <param name="runtime">The container runtime that answers, or null.</param>
    /// <param name="missing">Servers without a program on this machine, each with how to get it.</param>
    /// <exception cref="DistributedApplicationException">There is no way, or it would leave data behind unseen.</exception>
    public static (InfrastructureKind Kind, string Reason) Decide(
        InfrastructureKind? configured,
        InfrastructureKind? recorded,
        string? runtime,
        IReadOnlyList<string> missing)
    {
        if (configured is { } wanted && recorded is { } kept && wanted != kept)
        {
            throw new DistributedApplicationException(
                $"{ConfigurationKey}={Name(wanted)} would start with empty servers: this application's data is in {Name(kept)} servers. To move it: "
                + $"run './rag backup' with {ConfigurationKey}={Name(kept)}, then './rag reset', then start with {ConfigurationKey}={Name(wanted)} and './rag restore'.");
        }

        var kind = configured ?? recorded ?? (runtime is null ? InfrastructureKind.Native : InfrastructureKind.Containers);
        var because = (configured, recorded) switch
        {
            (not null, _) => $"{ConfigurationKey} says so",
            (_, not null) => "an earlier start chose so, and the data is there",
            _ => runtime is null ? "no container runtime answers" : $"{runtime} answers",
        };
        if (kind == InfrastructureKind.Containers && runtime is null)
        {
            throw new DistributedApplicationException(
                $"The servers are to run in containers ({because}), but neither docker nor podman answers. Start the container runtime"
                + (recorded is null ? $", or choose {ConfigurationKey}=native." : "."));
        }

        if (kind == InfrastructureKind.Native && missing.Count > 0)
        {
            throw new DistributedApplicationException(
                $"The servers are to run natively ({because}), but {string.Join("; ", missing)}.");
        }

        return (kind, $"Servers run {(kind == InfrastructureKind.Native ? "natively" : $"in {runtime} containers")}: {because}.");
    }

    private static string Name(InfrastructureKind kind) => kind == InfrastructureKind.Native ? "native" : "containers";
}
