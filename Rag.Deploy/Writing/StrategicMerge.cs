using System.Text.Json.Nodes;

namespace Rag.Deploy.Writing;

/// <summary>
/// Patches as Kubernetes' strategic merge has them: maps are merged, a null removes a member, lists whose items have an identity are merged by
/// it, every other list is replaced. Kinds that are not Kubernetes' own have no such identities: their lists are always replaced.
/// Of a merged list kustomize puts the items of the patch first, in the order of the patch, and what the patch does not name after them.
/// (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md)
/// </summary>
internal static class StrategicMerge
{
    private const string Directive = "$patch";

    // The merge keys of the API's types, as far as they occur here. Some need two to tell items apart.
    private static readonly Dictionary<string, string[]> MergeKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = ["name"],
        ["initContainers"] = ["name"],
        ["env"] = ["name"],
        ["volumes"] = ["name"],
        ["volumeMounts"] = ["mountPath"],
        ["imagePullSecrets"] = ["name"],
        ["topologySpreadConstraints"] = ["topologyKey", "whenUnsatisfiable"],
    };

    // Where an item may refer to those before it: $(A) is A's value only in a variable that stands after A, and containers start one after another.
    private static readonly HashSet<string> Ordered = new(["env", "containers", "initContainers"], StringComparer.Ordinal);

    private static readonly string[] ContainerPorts = ["containerPort"];
    private static readonly string[] ServicePorts = ["port"];

    /// <summary>What has to be laid over <paramref name="before"/> to come by <paramref name="after"/>; null: nothing.</summary>
    public static JsonObject? Between(JsonObject before, JsonObject after) => BetweenMaps(before, after, IsOwn(after));

    /// <summary>The patch with what it is for.</summary>
    public static JsonObject ForObject(JsonObject one, JsonObject? patch)
    {
        var whole = new JsonObject
        {
            ["apiVersion"] = one["apiVersion"]!.DeepClone(),
            ["kind"] = one["kind"]!.DeepClone(),
            ["metadata"] = new JsonObject { ["name"] = one["metadata"]!["name"]!.DeepClone() },
        };
        if (patch is null)
        {
            whole[Directive] = "delete";
            return whole;
        }

        foreach (var (name, value) in patch)
        {
            if (name == "metadata" && value is JsonObject metadata)
            {
                foreach (var (field, content) in metadata)
                {
                    whole["metadata"]![field] = content?.DeepClone();
                }
            }
            else
            {
                whole[name] = value?.DeepClone();
            }
        }

        return whole;
    }

    /// <summary>Lays a patch over a tree; neither is changed.</summary>
    public static JsonObject Apply(JsonObject tree, JsonObject patch) => ApplyToMap(tree, patch, IsOwn(tree));

    private static JsonObject? BetweenMaps(JsonObject before, JsonObject after, bool byIdentity)
    {
        var patch = new JsonObject();
        foreach (var (name, _) in before)
        {
            if (!after.ContainsKey(name))
            {
                patch[name] = null;
            }
        }

        foreach (var (name, value) in after)
        {
            var old = before[name];
            if (!before.ContainsKey(name))
            {
                patch[name] = value?.DeepClone();
            }
            else if (JsonNode.DeepEquals(old, value))
            {
                continue;
            }
            else if (old is JsonObject oldMap && value is JsonObject newMap)
            {
                if (BetweenMaps(oldMap, newMap, byIdentity) is { } inner)
                {
                    patch[name] = inner;
                }
            }
            else if (byIdentity && old is JsonArray oldList && value is JsonArray newList && KeysOf(name, oldList, newList) is { } keys)
            {
                if (BetweenLists(oldList, newList, keys, Ordered.Contains(name)) is { Count: > 0 } items)
                {
                    patch[name] = items;
                }
            }
            else
            {
                patch[name] = value?.DeepClone();
            }
        }

        return patch.Count == 0 ? null : patch;
    }

    private static JsonArray BetweenLists(JsonArray before, JsonArray after, string[] keys, bool isOrdered)
    {
        var old = before.OfType<JsonObject>().Select(static (item, place) => (Item: item, Place: place)).ToDictionary(known => Identity(known.Item, keys), StringComparer.Ordinal);
        var wanted = after.OfType<JsonObject>().Select(item =>
        {
            var isKnown = old.Remove(Identity(item, keys), out var known);
            var change = !isKnown ? (JsonObject)item.DeepClone() : BetweenMaps(known.Item, item, byIdentity: true) is { } inner ? WithKeys(item, keys, inner) : null;
            return (Item: item, Change: change, known.Place);
        }).ToList();

        // What the patch does not name comes last and in its old order; as much of the list as that suits is left to it.
        var named = wanted.Count;
        for (var next = int.MaxValue; named > 0 && wanted[named - 1] is { Change: null, Place: var place } && place < next; named--)
        {
            next = place;
        }

        JsonArray patch =
        [
            .. wanted.Select((one, i) => one.Change ?? (isOrdered && i < named ? WithKeys(one.Item, keys, []) : null)).OfType<JsonObject>(),
            .. old.Values.Select(gone => WithKeys(gone.Item, keys, new JsonObject { [Directive] = "delete" })),
        ];
        return patch;
    }

    private static string Identity(JsonObject item, string[] keys) => string.Join('\n', keys.Select(key => item[key]!.ToString()));

    private static JsonObject WithKeys(JsonObject item, string[] keys, JsonObject patch)
    {
        var whole = new JsonObject(keys.Select(key => KeyValuePair.Create(key, (JsonNode?)item[key]!.DeepClone())));
        foreach (var (name, value) in patch)
        {
            whole[name] = value?.DeepClone();
        }

        return whole;
    }

    private static JsonObject ApplyToMap(JsonObject tree, JsonObject patch, bool byIdentity)
    {
        var result = (JsonObject)tree.DeepClone();
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else if (value is JsonObject newMap && result[name] is JsonObject oldMap)
            {
                result[name] = ApplyToMap(oldMap, newMap, byIdentity);
            }
            else if (byIdentity && value is JsonArray newList && result[name] is JsonArray oldList && KeysOf(name, oldList, newList) is { } keys)
            {
                result[name] = ApplyToList(oldList, newList, keys);
            }
            else
            {
                result[name] = value.DeepClone();
            }
        }

        return result;
    }

    private static JsonArray ApplyToList(JsonArray list, JsonArray patch, string[] keys)
    {
        var items = list.OfType<JsonObject>().ToDictionary(item => Identity(item, keys), StringComparer.Ordinal);
        var result = new JsonArray();
        foreach (var item in patch.OfType<JsonObject>())
        {
            var isKnown = items.Remove(Identity(item, keys), out var known);
            if (item[Directive]?.ToString() != "delete")
            {
                result.Add(isKnown ? ApplyToMap(known!, item, byIdentity: true) : item.DeepClone());
            }
        }

        foreach (var item in list.OfType<JsonObject>().Where(item => items.ContainsKey(Identity(item, keys))))
        {
            result.Add(item.DeepClone());
        }

        return result;
    }

    private static string[]? KeysOf(string name, JsonArray a, JsonArray b)
    {
        var keys = name == "ports" ? (Has(a, b, ContainerPorts) ? ContainerPorts : ServicePorts) : MergeKeys.GetValueOrDefault(name);
        return keys is not null && Has(a, b, keys) ? keys : null;
    }

    private static bool Has(JsonArray a, JsonArray b, string[] keys) => a.Concat(b).All(item => item is JsonObject map && keys.All(map.ContainsKey));

    // Groups of Kubernetes itself have no dot, or end with k8s.io; of the latter only those that kustomize knows the types of.
    private static bool IsOwn(JsonObject tree)
    {
        var version = tree["apiVersion"]?.ToString() ?? "";
        var group = version.Contains('/', StringComparison.Ordinal) ? version[..version.IndexOf('/', StringComparison.Ordinal)] : "";
        return !group.Contains('.', StringComparison.Ordinal) || group is "networking.k8s.io" or "rbac.authorization.k8s.io";
    }
}
