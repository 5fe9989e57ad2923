using System.Text.Json.Nodes;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Tests.Checks;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Tests.Aspirate;

/// <summary>
/// What has to be laid over aspirate's output to come by the plan: the difference between the two, object by object, so that probes, resources,
/// policies and all the rest are said in one place only. Aspirate's remain the images and what it names after the app model.
/// </summary>
internal static class AspirateOverlay
{
    private const string Head = "Written by a test out of the plan for deploy/values.yaml with deploy/aspirate/values.yaml over it: see docs/aspirate.md.";
    private const string Directive = "$patch";

    // Whose version it is only aspirate knows, and who manages the objects is not 'rag'.
    private const string Version = "app.kubernetes.io/version";
    private const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>The values of the plan, with the images that aspirate builds.</summary>
    public static DeployValues Values { get; } = WithImages(ValuesReader.Read([Environments.Text("values.yaml"), Environments.Text("aspirate/values.yaml")]));

    /// <summary>The plan, in aspirate's labels.</summary>
    public static ObjectSet Plan { get; } = Relabelled(ObjectSet.Of(Environments.Plan(TestManifest.Platform, Values)));

    /// <summary>The files of the overlay.</summary>
    /// <param name="written">What kustomize renders of aspirate's output, once it is rid of what the overlay has in another form.</param>
    public static SortedDictionary<string, string> Files(IEnumerable<JsonObject> written)
    {
        var before = new OrderedDictionary<ObjectKey, PlannedTree>();
        foreach (var tree in written)
        {
            before.Add(new ObjectKey(tree.Text("apiVersion")!, tree.Text("kind")!, null, tree.Text("metadata", "name")!), new PlannedTree(tree, ""));
        }

        var changes = ObjectChanges.Between(new ObjectSet(before), Plan);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var kustomization = Kustomization.Plain() with
        {
            Namespace = Values.EffectiveNamespace,
            Resources = ["output"],
            SecretGenerator = [new SecretGenerator($"{Values.Name}-secrets", [KustomizeTree.SecretsFile], new SecretGeneratorOptions(true, new Labels(Labels())))],
        };
        KustomizeTree.Add(files, "overlay", kustomization, changes with { Patches = [.. changes.Patches.Select(Whole)] }, Head);
        return GeneratedTree.Of(files).Files;
    }

    // A variable that the plan does not know may be a secret: what aspirate put into a ConfigMap is replaced and not added to.
    private static ObjectPatch Whole(ObjectPatch patch)
    {
        if (patch.Key.Kind != "ConfigMap" || patch.Removes)
        {
            return patch;
        }

        var tree = (JsonObject)patch.Tree.DeepClone();
        var data = new JsonObject { [Directive] = "replace" };
        foreach (var (name, value) in Plan.Objects[patch.Key].Tree["data"]!.AsObject())
        {
            data[name] = value?.DeepClone();
        }

        tree["data"] = data;
        return patch with { Tree = tree };
    }

    private static DeployValues WithImages(DeployValues values) => values with { Version = AspirateOutput.Tag, Images = values.Images with { Registry = AspirateOutput.Registry } };

    private static Dictionary<string, string> Labels() => new(StringComparer.Ordinal)
    {
        ["app.kubernetes.io/component"] = "platform",
        [ManagedBy] = "aspirate",
        ["app.kubernetes.io/name"] = Values.Name,
        ["app.kubernetes.io/part-of"] = Values.Name,
    };

    private static ObjectSet Relabelled(ObjectSet set)
    {
        foreach (var (_, planned) in set.Objects)
        {
            Relabel(planned.Tree["metadata"]!["labels"]);
            if (Workload.Of(planned.Tree) is { } workload)
            {
                Relabel(workload.Template["metadata"]!["labels"]);
            }
        }

        return set;
    }

    private static void Relabel(JsonNode? labels)
    {
        if (labels is JsonObject map)
        {
            map.Remove(Version);
            map[ManagedBy] = "aspirate";
        }
    }
}
