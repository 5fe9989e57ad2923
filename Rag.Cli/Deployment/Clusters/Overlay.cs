using System.Text.Json.Nodes;
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
    public string? Label { get; } = Objects.FirstOrDefault(static one => one.Kind() == "Namespace")?.Text("metadata", "labels", EnvironmentLabel);

    /// <summary>Which environment a namespace holds.</summary>
    public const string EnvironmentLabel = "ragplatform.dev/environment";

    /// <summary>The platform's name, by which all its objects are labelled.</summary>
    public string? Platform { get; } = Objects.Select(static one => one.Text("metadata", "labels", "app.kubernetes.io/part-of")).OfType<string>().FirstOrDefault();

    /// <summary>Renders it.</summary>
    /// <exception cref="CliException">There is no such environment, or kustomize refuses it.</exception>
    public static async Task<Overlay> RenderAsync(Kubectl kubectl, string tree, string environment, CancellationToken cancellationToken)
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

        var rendered = await kubectl.RunAsync(["kustomize", folder], cancellationToken: cancellationToken);
        return rendered.Succeeded
            ? new Overlay(environment, folder, RenderedYaml.Read(rendered.Output))
            : throw new CliException($"kustomize refuses {folder}: {rendered.Error.Trim()}", "'./rag generate' writes the manifests anew; a secrets.env that is gone is made anew as well, but a database knows only the old one.");
    }
}
