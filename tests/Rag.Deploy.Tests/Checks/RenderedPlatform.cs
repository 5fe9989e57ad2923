using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;
using Rag.Testing;

namespace Rag.Deploy.Tests.Checks;

/// <summary>Everything that is applied for one environment, as kustomize renders it, with what is known beside.</summary>
/// <param name="Name">Of the environment.</param>
/// <param name="Objects">As they are applied.</param>
/// <param name="Values">What they were made of.</param>
/// <param name="Documentation">What people are told.</param>
internal sealed record RenderedPlatform(string Name, IReadOnlyList<JsonObject> Objects, DeployValues Values, string Documentation)
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<RenderedPlatform>>> Rendered = new(StringComparer.Ordinal);

    /// <summary>Environments of our own app host, and one for each foreign app host.</summary>
    public static IEnumerable<string> Names => [.. Environments.AllNames, .. ForeignManifests.Names];

    /// <summary>Rendered once, however many look at it.</summary>
    public static Task<RenderedPlatform> Of(string name) => Rendered.GetOrAdd(name, static name => new Lazy<Task<RenderedPlatform>>(() => RenderAsync(name))).Value;

    public IEnumerable<Workload> Workloads => Objects.Select(Workload.Of).OfType<Workload>();

    /// <summary>Those that are there for good, and not only until they are done.</summary>
    public IEnumerable<Workload> Services => Workloads.Where(static workload => workload.RunsOn);

    public IEnumerable<JsonObject> OfKind(params string[] kinds) => Objects.Where(one => kinds.Contains(one.Text("kind")));

    public JsonObject? Find(string kind, string? name) => Objects.FirstOrDefault(one => one.Text("kind") == kind && one.Text("metadata", "name") == name);

    /// <summary>The same with objects of its own, which may be changed.</summary>
    public RenderedPlatform Copy() => this with { Objects = [.. Objects.Select(static one => (JsonObject)one.DeepClone())] };

    private static async Task<RenderedPlatform> RenderAsync(string name)
    {
        var (manifest, values) = ForeignManifests.Names.Contains(name) ? ForeignManifests.Of(name) : (TestManifest.Platform, Environments.All.Environments[name]);
        var folder = Directory.CreateTempSubdirectory("rag-checks-").FullName;
        try
        {
            var environments = new EnvironmentValues(values, new SortedDictionary<string, DeployValues>(StringComparer.Ordinal) { [name] = values });
            var missing = Generation.Write(manifest, environments, folder).Environments.Single(one => one.Name == name).MissingSecrets;
            if (missing.Count > 0)
            {
                // What only a person can fill in; the second time makes of it what is needed beside.
                await File.AppendAllLinesAsync(Path.Combine(folder, "overlays", name, KustomizeTree.SecretsFile), missing.Select(static secret => $"{secret}=typed in by hand"));
                Generation.Write(manifest, environments, folder);
            }

            return new RenderedPlatform(name, await Kustomize.RenderAsync(Path.Combine(folder, "overlays", name)), values, await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "kubernetes.md")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The secrets that were made up, as they are.</summary>
    public IEnumerable<string> SecretValues => OfKind("Secret").SelectMany(static secret => secret.Map("data").Values).Select(static value => Encoding.UTF8.GetString(Convert.FromBase64String(value)));
}

/// <summary>An object that makes pods.</summary>
/// <param name="Object">Whole.</param>
/// <param name="Template">Of its pods.</param>
internal sealed record Workload(JsonObject Object, JsonObject Template)
{
    public static Workload? Of(JsonObject one) => one.Text("kind") switch
    {
        "Deployment" or "StatefulSet" or "DaemonSet" or "Job" => one.At("spec", "template") is JsonObject template ? new Workload(one, template) : null,
        "CronJob" => one.At("spec", "jobTemplate", "spec", "template") is JsonObject template ? new Workload(one, template) : null,
        _ => null,
    };

    public string Kind => Object.Text("kind")!;

    public string Name => Object.Text("metadata", "name")!;

    public bool RunsOn => Kind is "Deployment" or "StatefulSet" or "DaemonSet";

    public JsonObject Pod => (JsonObject)Template["spec"]!;

    public Dictionary<string, string> Labels => Template.Map("metadata", "labels");

    /// <summary>Those that run on, without those that prepare.</summary>
    public IEnumerable<JsonObject> MainContainers => Pod.Items("containers");

    public IEnumerable<JsonObject> Containers => Pod.Items("initContainers").Concat(MainContainers);

    /// <summary>Why a rule is not kept, where the workload says it.</summary>
    public string? Reason(string annotation) => Object.Map("metadata", "annotations").GetValueOrDefault(annotation);

    /// <summary>What holds for a container: its own, or that of its pod.</summary>
    public JsonNode? Security(JsonObject container, string field) => container.At("securityContext", field) ?? Pod.At("securityContext", field);

    public override string ToString() => $"{Kind}/{Name}";
}
