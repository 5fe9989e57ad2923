using System.Text.Json.Nodes;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Types of the manifests that the cluster does not know.</summary>
internal static class TypeProblems
{
    private static readonly Dictionary<string, (string Project, string Address, string Without)> Projects = new(StringComparer.Ordinal)
    {
        ["keda.sh"] = ("KEDA", "https://keda.sh/docs/latest/deploy/", "take services.<name>.queueScaling out of the values"),
        ["gateway.networking.k8s.io"] = ("the Gateway API and a controller for it", "https://gateway-api.sigs.k8s.io/guides/", "set exposure.kind to ingress"),
        ["external-secrets.io"] = ("the External Secrets operator", "https://external-secrets.io/latest/introduction/getting-started/", "set secrets.mode to existing or generated"),
        ["postgresql.cnpg.io"] = ("CloudNativePG", "https://cloudnative-pg.io/docs/", "set stores.<name>.mode to bundled or external"),
        ["monitoring.coreos.com"] = ("the Prometheus operator", "https://prometheus-operator.dev/docs/getting-started/installation/", "go without monitoring"),
        ["cert-manager.io"] = ("cert-manager", "https://cert-manager.io/docs/installation/", "bring the certificate yourself"),
    };

    public static IEnumerable<Problem> Of(IEnumerable<JsonObject> objects, ServedTypes served) =>
        from one in objects
        group one.Name() by (ApiVersion: one.ApiVersion(), Kind: one.Kind()) into type
        where !served.Has(type.Key.ApiVersion, type.Key.Kind)
        select Missing(type.Key.ApiVersion, type.Key.Kind, [.. type], served);

    private static Problem Missing(string apiVersion, string kind, IReadOnlyList<string> names, ServedTypes served)
    {
        var group = ServedTypes.GroupOf(apiVersion);
        var others = served.Versions.Where(version => ServedTypes.GroupOf(version) == group).Order(StringComparer.Ordinal).ToList();
        var what = others.Count == 0 || served.Versions.Contains(apiVersion)
            ? $"The cluster does not know the type {kind} ({apiVersion}), of which there is {string.Join(", ", names)}."
            : $"The cluster knows {string.Join(", ", others)} but not {apiVersion}, in which {kind} {string.Join(", ", names)} is written.";
        var fix = Projects.TryGetValue(group, out var project)
            ? $"Install {project.Project}{(others.Count == 0 ? "" : " in a newer version")} ({project.Address}), or {project.Without}."
            : "Install what brings the type, or a newer version of Kubernetes.";
        return new Problem(ProblemKind.MissingType, kind, what, fix);
    }
}
