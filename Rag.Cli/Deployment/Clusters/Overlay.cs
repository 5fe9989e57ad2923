using System.Text.Json.Nodes;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>One environment's manifests as kustomize renders them: exactly what is applied.</summary>
/// <param name="Environment">Its name.</param>
/// <param name="Folder">Of the overlay.</param>
/// <param name="Objects">As trees.</param>
internal sealed record Overlay(string Environment, string Folder, IReadOnlyList<JsonObject> Objects)
{
    /// <summary>The namespace that all of it is in.</summary>
    public string Namespace { get; } = Objects.Select(static one => one.Text("metadata", "namespace")).OfType<string>().FirstOrDefault()
        ?? Objects.Where(static one => one.Kind() == "Namespace").Select(static one => one.Name()).FirstOrDefault()
        ?? "default";

    /// <summary>The environment that its namespace is labelled with; null where the manifests have no namespace, or one without a label.</summary>
    public string? Label { get; } = Objects.FirstOrDefault(static one => one.Kind() == "Namespace")?.Text("metadata", "labels", ClusterValues.EnvironmentLabel);

    /// <summary>The platform's name, by which all its objects are labelled.</summary>
    public string? Platform { get; } = Objects.Select(static one => one.Text("metadata", "labels", "app.kubernetes.io/part-of")).OfType<string>().FirstOrDefault();

    /// <summary>The context that the values bind the environment to; null: any.</summary>
    public string? Context { get; } = Objects.Where(static one => one.Kind() == "Namespace").Select(static one => one.Text("metadata", "annotations", ClusterValues.ContextAnnotation)).OfType<string>().FirstOrDefault();

    /// <summary>Secrets that kustomize makes out of the environment's <c>secrets.env</c>; with those that come from elsewhere there is none.</summary>
    public IEnumerable<JsonObject> GeneratedSecrets => Objects.Where(static one => one.Kind() == "Secret");

    /// <summary>Renders it.</summary>
    /// <param name="kubectl">Brings kustomize.</param>
    /// <param name="tree">Folder of all manifests.</param>
    /// <param name="environment">Which.</param>
    /// <param name="needsSecrets">False for whoever wants names only: then it is rendered without <c>secrets.env</c> where there is none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">There is no such environment, or kustomize refuses it.</exception>
    public static async Task<Overlay> RenderAsync(Kubectl kubectl, string tree, string environment, bool needsSecrets, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(tree, "overlays", environment);
        if (!File.Exists(Path.Combine(folder, "kustomization.yaml")))
        {
            var overlays = Path.Combine(tree, "overlays");
            var known = Directory.Exists(overlays) ? Directory.EnumerateDirectories(overlays).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList() : [];
            throw new CliException(
                $"There is no environment '{environment}' in {tree}.",
                known.Count == 0 ? "'./rag generate' writes the manifests." : $"There are: {string.Join(", ", known)}. A file deploy/values.{environment}.yaml makes one of that name.",
                ExitCode.Usage);
        }

        var secrets = Path.Combine(folder, KustomizeTree.SecretsFile);
        var namesSecrets = (await File.ReadAllTextAsync(Path.Combine(folder, "kustomization.yaml"), cancellationToken)).Contains(KustomizeTree.SecretsFile, StringComparison.Ordinal);
        if (!namesSecrets || File.Exists(secrets))
        {
            return new Overlay(environment, folder, await KustomizeAsync(kubectl, folder, cancellationToken));
        }

        if (needsSecrets)
        {
            throw new CliException(
                $"There is no {secrets}.", $"Bring the one that the platform was made with, or fetch it from the cluster: './rag secrets pull -e {environment}'. For a platform that is not there yet './rag generate' makes one.", ExitCode.Unavailable);
        }

        var copy = Directory.CreateTempSubdirectory("rag-manifests-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(tree, "*.yaml", SearchOption.AllDirectories))
            {
                var target = Path.Combine(copy, Path.GetRelativePath(tree, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }

            await File.WriteAllTextAsync(Path.Combine(copy, "overlays", environment, KustomizeTree.SecretsFile), "", cancellationToken);
            return new Overlay(environment, folder, await KustomizeAsync(kubectl, Path.Combine(copy, "overlays", environment), cancellationToken));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<JsonObject>> KustomizeAsync(Kubectl kubectl, string folder, CancellationToken cancellationToken)
    {
        var rendered = await kubectl.RunAsync(["kustomize", folder], cancellationToken: cancellationToken);
        return rendered.Succeeded
            ? RenderedYaml.Read(rendered.Output)
            : throw new CliException($"kustomize refuses {folder}: {rendered.Error.Trim()}", "'./rag generate' writes the manifests anew.");
    }
}
