namespace Rag.Cli.Deployment.Clusters;

/// <summary>The types that an API server knows: by version (<c>keda.sh/v1alpha1</c>) and, by group, the kinds.</summary>
internal sealed record ServedTypes(IReadOnlySet<string> Versions, IReadOnlySet<(string Group, string Kind)> Kinds)
{
    public static async Task<ServedTypes> ReadAsync(Kubectl kubectl, CancellationToken cancellationToken)
    {
        var versions = await kubectl.RequireAsync(["api-versions"], cancellationToken: cancellationToken);
        // Its exit code is 1 when one aggregated API is away, such as that of the metrics; the list of the others is whole.
        var kinds = await kubectl.RunAsync(["api-resources", "--no-headers"], cancellationToken: cancellationToken);
        return Parse(versions, kinds.Output);
    }

    // scaledobjects   so   keda.sh/v1alpha1   true   ScaledObject
    internal static ServedTypes Parse(string versions, string resources) => new(
        versions.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal),
        resources.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(static columns => columns.Length >= 4)
            .Select(static columns => (GroupOf(columns[^3]), columns[^1]))
            .ToHashSet());

    public bool Has(string apiVersion, string kind) => Versions.Contains(apiVersion) && Kinds.Contains((GroupOf(apiVersion), kind));

    public static string GroupOf(string apiVersion) => apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion[..apiVersion.IndexOf('/', StringComparison.Ordinal)] : "";
}
