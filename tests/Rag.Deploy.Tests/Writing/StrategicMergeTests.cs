using System.Globalization;
using System.Text.Json.Nodes;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Tests.Writing;

public sealed class StrategicMergeTests
{
    [Fact]
    public void A_patch_holds_only_what_differs()
    {
        var before = Deployment("""{ "replicas": 2, "template": { "spec": { "containers": [ { "name": "a", "image": "x:1", "env": [ { "name": "A", "value": "1" }, { "name": "B", "value": "2" } ] } ] } } }""");
        var after = Deployment("""{ "template": { "spec": { "containers": [ { "name": "a", "image": "x:2", "env": [ { "name": "A", "value": "1" }, { "name": "C", "value": "3" } ] } ] } } }""");

        var patch = StrategicMerge.Between(before, after)!;

        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse("""{ "spec": { "replicas": null, "template": { "spec": { "containers": [ { "name": "a", "image": "x:2", "env": [ { "name": "C", "value": "3" }, { "name": "B", "$patch": "delete" } ] } ] } } } }"""),
                patch),
            patch.ToJsonString());
    }

    [Fact]
    public void Lists_without_identity_are_replaced()
    {
        var patch = StrategicMerge.Between(Deployment("""{ "args": [ "a", "b" ] }"""), Deployment("""{ "args": [ "a" ] }"""))!;

        Assert.Equal("""{"spec":{"args":["a"]}}""", patch.ToJsonString());
    }

    [Fact]
    public void Lists_of_kinds_that_are_not_Kubernetes_own_are_replaced()
    {
        static JsonObject Scaled(string env) => (JsonObject)JsonNode.Parse($$"""{ "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": { "name": "a" }, "spec": { "env": {{env}} } }""")!;

        var patch = StrategicMerge.Between(Scaled("""[ { "name": "A" } ]"""), Scaled("""[ { "name": "A" }, { "name": "B" } ]"""))!;

        Assert.Equal("""{"spec":{"env":[{"name":"A"},{"name":"B"}]}}""", patch.ToJsonString());
    }

    [Fact]
    public void Equal_objects_need_no_patch() => Assert.Null(StrategicMerge.Between(Deployment("""{ "a": [ 1 ] }"""), Deployment("""{ "a": [ 1 ] }""")));

    [Fact]
    public void A_patch_laid_over_what_it_was_made_from_gives_what_it_was_made_for()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var before = Deployment(Spec(random).ToJsonString());
            var after = Deployment(Spec(random).ToJsonString());

            var patch = StrategicMerge.Between(before, after);

            var result = patch is null ? before : StrategicMerge.Apply(before, patch);
            Assert.True(Same(after, result), $"seed {seed.ToString(CultureInfo.InvariantCulture)}: {patch?.ToJsonString()}");
        }
    }

    // Items of lists with identities may come in another order: Kubernetes does not keep it either.
    private static bool Same(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (JsonObject x, JsonObject y) => x.Count == y.Count && x.All(pair => y.ContainsKey(pair.Key) && Same(pair.Value, y[pair.Key])),
        (JsonArray x, JsonArray y) when x.Concat(y).All(static item => item is JsonObject o && o.ContainsKey("name")) =>
            x.Count == y.Count && x.All(item => y.Any(other => Same(item, other))),
        _ => JsonNode.DeepEquals(a, b),
    };

    private static JsonObject Spec(Random random) => new()
    {
        ["replicas"] = random.Next(3),
        ["labels"] = Map(random),
        ["containers"] = Named(random, static r => new JsonObject { ["image"] = r.Next(3), ["env"] = Named(r, static q => new JsonObject { ["value"] = q.Next(3) }), ["args"] = Plain(r) }),
        ["rules"] = Plain(random),
    };

    private static JsonObject Map(Random random)
    {
        var map = new JsonObject();
        for (var i = 0; i < 4; i++)
        {
            if (random.Next(2) == 0)
            {
                map[$"k{i.ToString(CultureInfo.InvariantCulture)}"] = random.Next(2);
            }
        }

        return map;
    }

    private static JsonArray Named(Random random, Func<Random, JsonObject> item)
    {
        var list = new JsonArray();
        for (var i = 0; i < 4; i++)
        {
            if (random.Next(2) == 0)
            {
                var one = new JsonObject { ["name"] = $"n{i.ToString(CultureInfo.InvariantCulture)}" };
                foreach (var (name, value) in item(random))
                {
                    one[name] = value?.DeepClone();
                }

                list.Add(one);
            }
        }

        return list;
    }

    private static JsonArray Plain(Random random) => [.. Enumerable.Range(0, random.Next(3)).Select(_ => JsonValue.Create(random.Next(3)))];

    private static JsonObject Deployment(string spec) =>
        (JsonObject)JsonNode.Parse($$"""{ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" }, "spec": {{spec}} }""")!;
}
