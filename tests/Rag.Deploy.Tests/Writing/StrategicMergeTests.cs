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
        var after = Deployment("""{ "template": { "spec": { "containers": [ { "name": "a", "image": "x:2", "env": [ { "name": "C", "value": "3" }, { "name": "A", "value": "1" } ] } ] } } }""");

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
    public void A_variable_stays_behind_those_that_it_is_made_of()
    {
        var before = Containers("""[ { "name": "KEY", "value": "k" }, { "name": "A", "value": "a$(KEY)" }, { "name": "Z", "value": "z" } ]""");
        var after = Containers("""[ { "name": "KEY", "value": "k" }, { "name": "A", "value": "a$(KEY)" }, { "name": "B", "value": "b$(KEY)" }, { "name": "Z", "value": "z" } ]""");

        var patch = StrategicMerge.Between(before, after)!;

        Assert.Equal("""[{"name":"KEY"},{"name":"A"},{"name":"B","value":"b$(KEY)"}]""", patch["spec"]!["containers"]![0]!["env"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(after, StrategicMerge.Apply(before, patch)));

        static JsonObject Containers(string env) => Deployment($$"""{ "containers": [ { "name": "a", "env": {{env}} } ] }""");
    }

    [KubectlFact]
    public async Task Kustomize_makes_of_a_patch_what_is_made_of_it_here()
    {
        var folder = Directory.CreateTempSubdirectory("rag-merge-");
        try
        {
            var pairs = Enumerable.Range(0, 40).Select(static seed => (Before: Pods(seed, new Random(seed)), After: Pods(seed, new Random(seed + 1000)))).ToList();
            var patches = pairs.Select(static pair => StrategicMerge.Between(pair.Before, pair.After) is { } patch ? StrategicMerge.ForObject(pair.Before, patch) : null).OfType<JsonObject>();
            var kustomization = Kustomization.Plain() with { Resources = ["all.yaml"], Patches = [new KustomizePatch("patches.yaml")] };
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "all.yaml"), YamlText.Write(pairs.Select(static pair => pair.Before)));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "patches.yaml"), YamlText.Write(patches));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "kustomization.yaml"), YamlText.Write([ManifestTree.OfPart(kustomization)!]));

            var rendered = (await Kustomize.RenderAsync(folder.FullName)).ToDictionary(static one => one["metadata"]!["name"]!.ToString());

            Assert.All(pairs, pair => Assert.True(RenderedTrees.Same(pair.After, rendered[pair.After["metadata"]!["name"]!.ToString()]), YamlText.Write([pair.Before, pair.After, rendered[pair.After["metadata"]!["name"]!.ToString()]])));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        static JsonObject Pods(int number, Random random)
        {
            var one = Deployment("{}");
            one["metadata"]!["name"] = $"a{number.ToString(CultureInfo.InvariantCulture)}";
            var containers = new JsonArray(new JsonObject { ["name"] = "a", ["image"] = "a:1", ["env"] = Shuffled(random, Named(random, static r => new JsonObject { ["value"] = r.Next(3).ToString(CultureInfo.InvariantCulture) })) });
            one["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = new JsonObject { ["containers"] = containers } } };
            return one;
        }
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
            Assert.True(RenderedTrees.Same(after, result), $"seed {seed.ToString(CultureInfo.InvariantCulture)}: {patch?.ToJsonString()}");
        }
    }

    private static JsonObject Spec(Random random) => new()
    {
        ["replicas"] = random.Next(3),
        ["labels"] = Map(random),
        ["containers"] = Named(random, static r => new JsonObject { ["image"] = r.Next(3), ["env"] = Shuffled(r, Named(r, static q => new JsonObject { ["value"] = q.Next(3) })), ["args"] = Plain(r) }),
        ["volumes"] = Named(random, static r => new JsonObject { ["size"] = r.Next(3) }),
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

    private static JsonArray Shuffled(Random random, JsonArray list)
    {
        var items = list.Select(static item => item!.DeepClone()).ToArray();
        random.Shuffle(items);
        return [.. items];
    }

    private static JsonArray Plain(Random random) => [.. Enumerable.Range(0, random.Next(3)).Select(_ => JsonValue.Create(random.Next(3)))];

    private static JsonObject Deployment(string spec) =>
        (JsonObject)JsonNode.Parse($$"""{ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" }, "spec": {{spec}} }""")!;
}
