using System.Text.Json.Nodes;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;

namespace Rag.Deploy.Writing;

/// <summary>Objects as trees, by what tells them apart.</summary>
internal sealed record ObjectSet(OrderedDictionary<ObjectKey, PlannedTree> Objects)
{
    public static ObjectSet Empty { get; } = new(new OrderedDictionary<ObjectKey, PlannedTree>());

    public static ObjectSet Of(PlatformPlan plan)
    {
        var objects = new OrderedDictionary<ObjectKey, PlannedTree>();
        foreach (var planned in plan.Objects)
        {
            // The namespace is one and the same object, whatever an environment calls it: kustomize renames it.
            var key = planned.Object is Namespace ? new ObjectKey("v1", "Namespace", null, "") : planned.Object.Key;
            if (!objects.TryAdd(key, new PlannedTree(ManifestTree.Of(planned.Object), planned.File)))
            {
                throw new DeployException(
                    $"Two parts of the platform would both be {key}.", "Rename the resource that it is named after in the app host.");
            }
        }

        return new ObjectSet(objects);
    }
}

/// <summary>A tree and the file it belongs to.</summary>
internal sealed record PlannedTree(JsonObject Tree, string File);

/// <summary>What makes one set of objects out of another.</summary>
/// <param name="Added">Objects that were not there.</param>
/// <param name="Patches">For those that were.</param>
internal sealed record ObjectChanges(IReadOnlyList<PlannedTree> Added, IReadOnlyList<ObjectPatch> Patches)
{
    public static ObjectChanges Between(PlatformPlan before, PlatformPlan after) => Between(ObjectSet.Of(before), ObjectSet.Of(after));

    public static ObjectChanges Between(ObjectSet before, ObjectSet after)
    {
        var added = after.Objects.Where(pair => !before.Objects.ContainsKey(pair.Key)).Select(static pair => pair.Value).ToList();
        var patches = new List<ObjectPatch>();
        foreach (var (key, old) in before.Objects)
        {
            JsonObject patch;
            if (!after.Objects.TryGetValue(key, out var current))
            {
                patch = StrategicMerge.ForObject(old.Tree, patch: null);
            }
            else if (StrategicMerge.Between(old.Tree, key.Kind == "Namespace" ? Named(current.Tree, old.Tree) : current.Tree) is { } difference)
            {
                patch = StrategicMerge.ForObject(old.Tree, difference);
            }
            else
            {
                continue;
            }

            patches.Add(new ObjectPatch(key, patch));
        }

        return new ObjectChanges(added, patches);
    }

    /// <summary>Without the patches that a set has nothing for: kustomize refuses those.</summary>
    public ObjectChanges For(ObjectSet set) => this with { Patches = [.. Patches.Where(patch => set.Objects.ContainsKey(patch.Key))] };

    /// <summary>What kustomize makes of a set with these changes.</summary>
    public ObjectSet ApplyTo(ObjectSet set)
    {
        var objects = new OrderedDictionary<ObjectKey, PlannedTree>(set.Objects);
        foreach (var patch in Patches)
        {
            if (patch.Removes)
            {
                objects.Remove(patch.Key);
            }
            else
            {
                objects[patch.Key] = objects[patch.Key] with { Tree = StrategicMerge.Apply(objects[patch.Key].Tree, patch.Tree) };
            }
        }

        foreach (var one in Added)
        {
            objects[KeyOf(one.Tree)] = one;
        }

        return new ObjectSet(objects);
    }

    // kustomize renames the namespace, after the patches; all else of it is patched like any object.
    private static JsonObject Named(JsonObject tree, JsonObject other)
    {
        var copy = (JsonObject)tree.DeepClone();
        copy["metadata"]!["name"] = other["metadata"]!["name"]!.ToString();
        return copy;
    }

    private static ObjectKey KeyOf(JsonObject tree) => new(
        tree["apiVersion"]!.ToString(), tree["kind"]!.ToString(), tree["metadata"]!["namespace"]?.ToString(), tree["metadata"]!["name"]!.ToString());
}

/// <summary>A strategic merge patch.</summary>
/// <param name="Key">What it is for.</param>
/// <param name="Tree">With apiVersion, kind and name.</param>
internal sealed record ObjectPatch(ObjectKey Key, JsonObject Tree)
{
    /// <summary>File of the patch, below the folder of its kustomization.</summary>
    public string Path => $"patches/{Tree["metadata"]!["name"]}-{Key.Kind.ToLowerInvariant()}.yaml";

    public bool Removes => Tree["$patch"]?.ToString() == "delete";
}
