using System.Text.Json.Nodes;

namespace Rag.Deploy.Writing;

/// <summary>
/// Patches as Kubernetes' strategic merge has them: maps are merged, a null removes a member, lists whose items have an identity are merged by
/// it, every other list is replaced. Kinds that are not Kubernetes' own have no such identities: their lists are always replaced.
/// (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md)
/// </summary>
internal static class StrategicMerge
{
    private const string Directive = "$patch";

    // The merge keys of the API's types, as far as they occur here.
    private static readonly Dictionary<string, string> MergeKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = "name",
        ["initContainers"] = "name",
        ["env"] = "name",
        ["volumes"] = "name",
        ["volumeMounts"] = "mountPath",
        ["imagePullSecrets"] = "name",
        ["topologySpreadConstraints"] = "topologyKey",
    };

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
            else if (byIdentity && old is JsonArray oldList && value is JsonArray newList && KeyOf(name, oldList, newList) is { } key)
            {
                if (BetweenLists(oldList, newList, key) is { Count: > 0 } items)
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

    private static JsonArray BetweenLists(JsonArray before, JsonArray after, string key)
    {
        var patch = new JsonArray();
        var old = before.OfType<JsonObject>().ToDictionary(item => item[key]!.ToString(), StringComparer.Ordinal);
        foreach (var item in after.OfType<JsonObject>())
        {
            if (!old.Remove(item[key]!.ToString(), out var known))
            {
                patch.Add(item.DeepClone());
            }
            else if (BetweenMaps(known, item, byIdentity: true) is { } inner)
            {
                patch.Add(WithKey(inner, key, item));
            }
        }

        foreach (var gone in old.Values)
        {
            patch.Add(new JsonObject { [key] = gone[key]!.DeepClone(), [Directive] = "delete" });
        }

        return patch;
    }

    private static JsonObject WithKey(JsonObject patch, string key, JsonObject item)
    {
        var whole = new JsonObject { [key] = item[key]!.DeepClone() };
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
            else if (byIdentity && value is JsonArray newList && result[name] is JsonArray oldList && KeyOf(name, oldList, newList) is { } key)
            {
                result[name] = ApplyToList(oldList, newList, key);
            }
            else
            {
                result[name] = value.DeepClone();
            }
        }

        return result;
    }

    private static JsonArray ApplyToList(JsonArray list, JsonArray patch, string key)
    {
        var items = new OrderedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var item in list.OfType<JsonObject>())
        {
            items.Add(item[key]!.ToString(), item);
        }

        foreach (var item in patch.OfType<JsonObject>())
        {
            var identity = item[key]!.ToString();
            if (item[Directive]?.ToString() == "delete")
            {
                items.Remove(identity);
            }
            else
            {
                items[identity] = items.TryGetValue(identity, out var known) ? ApplyToMap(known, item, byIdentity: true) : item;
            }
        }

        return [.. items.Values.Select(static item => item.DeepClone())];
    }

    private static string? KeyOf(string name, JsonArray a, JsonArray b)
    {
        var key = name == "ports" ? (Has(a, b, "containerPort") ? "containerPort" : "port") : MergeKeys.GetValueOrDefault(name);
        return key is not null && Has(a, b, key) ? key : null;
    }

    private static bool Has(JsonArray a, JsonArray b, string key) => a.Concat(b).All(item => item is JsonObject map && map.ContainsKey(key));

    // Groups of Kubernetes itself have no dot, or end with k8s.io; of the latter only those that kustomize knows the types of.
    private static bool IsOwn(JsonObject tree)
    {
        var version = tree["apiVersion"]?.ToString() ?? "";
        var group = version.Contains('/', StringComparison.Ordinal) ? version[..version.IndexOf('/', StringComparison.Ordinal)] : "";
        return !group.Contains('.', StringComparison.Ordinal) || group is "networking.k8s.io" or "rbac.authorization.k8s.io";
    }
}
