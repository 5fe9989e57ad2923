using System.Text.Json.Nodes;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Tests.Writing;

public sealed class KustomizeTreeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-kustomize-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [KubectlTheory]
    [MemberData(nameof(Environments.Names), MemberType = typeof(Environments))]
    public async Task What_an_overlay_renders_is_the_plan_for_its_values(string name)
    {
        var values = Environments.All;
        Generation.Write(TestManifest.Platform, values, _folder);

        var rendered = (await Kustomize.RenderAsync(Path.Combine(_folder, "overlays", name))).Where(static tree => tree["kind"]!.ToString() != "Secret").ToDictionary(Identity);

        foreach (var planned in Environments.Plan(name).Objects)
        {
            var expected = ManifestTree.Of(planned.Object);
            if (planned.Object is not (Namespace or PersistentVolume))
            {
                expected["metadata"]!["namespace"] = values.Environments[name].Namespace ?? values.Environments[name].Name;
            }

            Assert.True(rendered.Remove(Identity(expected), out var actual), $"{Identity(expected)} is not rendered.");
            Assert.True(RenderedTrees.Same(expected, actual), $"{Identity(expected)}\n{YamlText.Write([expected])}\nis rendered as\n{YamlText.Write([actual!])}");
        }

        Assert.Empty(rendered.Keys);
    }

    [KubectlFact]
    public async Task A_variable_that_an_environment_adds_finds_the_secret_that_it_is_made_of()
    {
        const string Common = "services: { rag-web: { env: { A_URI: 'a{postgres-password.value}a' } } }";
        var common = ValuesReader.Read([("values.yaml", Common)]);
        var more = ValuesReader.Read([("values.yaml", Common), ("values.more.yaml", "services: { rag-web: { env: { B_URI: 'b{postgres-password.value}b' } } }")]);
        Generation.Write(TestManifest.Platform, new EnvironmentValues(common, new(StringComparer.Ordinal) { ["more"] = more }), _folder);

        var web = (await Kustomize.RenderAsync(Path.Combine(_folder, "overlays", "more"))).Single(static tree => Identity(tree) == "apps/v1 Deployment rag-web");

        var variables = ((JsonArray)web["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!).Select(static variable => variable!["name"]!.ToString()).ToList();
        Assert.Equal(["SECRET_POSTGRES_PASSWORD", "A_URI", "B_URI"], variables.Where(static name => name.Contains("POSTGRES", StringComparison.Ordinal) || name.EndsWith("_URI", StringComparison.Ordinal)));
    }

    [KubectlFact]
    public async Task Each_component_can_be_laid_over_the_base_by_itself()
    {
        Generation.Write(TestManifest.Platform, Environments.All, _folder);
        var components = Directory.GetDirectories(Path.Combine(_folder, "components"));
        var @base = (await Kustomize.RenderAsync(Path.Combine(_folder, "base"))).Count;

        Assert.Equal(Enum.GetValues<Feature>().Where(static feature => feature != Feature.Ingress).Select(KustomizeTree.FolderOf).Order(StringComparer.Ordinal), components.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var component in components)
        {
            var attempt = Directory.CreateDirectory(Path.Combine(_folder, "attempt")).FullName;
            await File.WriteAllTextAsync(Path.Combine(attempt, "kustomization.yaml"), $"kind: Kustomization\nresources: [ ../base ]\ncomponents: [ ../components/{Path.GetFileName(component)} ]\n");

            Assert.InRange((await Kustomize.RenderAsync(attempt)).Count, @base + 1, 200);
        }
    }

    [KubectlTheory]
    [InlineData("base")]
    [InlineData("overlays/dev")]
    [InlineData("overlays/prod")]
    public async Task Nothing_waits_for_an_ingress_controller_or_for_volumes_that_several_nodes_share(string folder)
    {
        Generation.Write(TestManifest.Platform, Environments.All, _folder);

        var rendered = await Kustomize.RenderAsync(Path.Combine(_folder, folder));

        Assert.DoesNotContain(rendered, static tree => tree["kind"]!.ToString() is "Ingress" or "HTTPRoute");
        var claims = rendered.Where(static tree => tree["kind"]!.ToString() == "PersistentVolumeClaim")
            .Concat(rendered.Where(static tree => tree["kind"]!.ToString() == "StatefulSet").SelectMany(static set => (set["spec"]!["volumeClaimTemplates"] as JsonArray ?? []).Select(static claim => (JsonObject)claim!)))
            .ToList();
        Assert.NotEmpty(claims);
        Assert.All(claims, static claim => Assert.Equal(["ReadWriteOnce"], claim["spec"]!["accessModes"]!.AsArray().Select(static mode => mode!.ToString())));
    }

    [KubectlFact]
    public async Task In_a_network_without_a_way_out_a_component_names_every_image_in_its_registry()
    {
        const string Registry = "registry.local:5000/rag";
        var all = Environments.All;
        all.Environments["models"] = all.Environments["models"] with { Images = all.Environments["models"].Images with { AirGap = Registry } };
        Generation.Write(TestManifest.Platform, all, _folder);
        File.AppendAllLines(Path.Combine(_folder, "overlays", "models", KustomizeTree.SecretsFile), ["postgres-password=typed in by hand"]);
        var inside = Directory.CreateDirectory(Path.Combine(_folder, "overlays", "inside")).FullName;
        File.WriteAllText(Path.Combine(inside, "kustomization.yaml"), "resources: [ ../models ]\ncomponents: [ ../../components/air-gap ]\n");

        var outside = Images(await Kustomize.RenderAsync(Path.Combine(_folder, "overlays", "models")));
        var rendered = Images(await Kustomize.RenderAsync(inside));

        Assert.Equal(outside.Select(static image => RegistryRewrite.NameOf(image, Registry) + image[image.LastIndexOf(':')..]).Order(StringComparer.Ordinal), rendered.Order(StringComparer.Ordinal));
        Assert.Contains("registry.local:5000/rag/library/redis:", rendered.Single(static image => image.Contains("redis", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("registry.local:5000/rag/huggingface/text-embeddings-inference:1.8", rendered);

        static HashSet<string> Images(IReadOnlyList<JsonObject> objects) => [.. objects.SelectMany(static one => Checks.Workload.Of(one)?.Containers ?? []).Select(static container => container["image"]!.ToString())];
    }

    [Fact]
    public void The_component_for_such_a_network_is_one_for_all_environments_and_there_when_it_is_named()
    {
        var all = Environments.All;
        Assert.DoesNotContain(KustomizeTree.Of(TestManifest.Platform, all.Common, all.Environments).Files.Keys, static file => file.StartsWith("components/air-gap/", StringComparison.Ordinal));

        foreach (var (name, registry) in ((string, string)[])[("dev", "a.example.com"), ("prod", "b.example.com")])
        {
            all.Environments[name] = all.Environments[name] with { Images = all.Environments[name].Images with { AirGap = registry } };
        }

        var fault = Assert.Throws<ValuesException>(() => KustomizeTree.Of(TestManifest.Platform, all.Common, all.Environments));
        Assert.Contains("images.airGap: 'a.example.com' in dev, 'b.example.com' in prod;", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis:8", "r.local/library/redis")]
    [InlineData("docker.io/redis:8", "r.local/library/redis")]
    [InlineData("index.docker.io/qdrant/qdrant@sha256:00", "r.local/qdrant/qdrant")]
    [InlineData("registry.example.com:5000/team/api:1.0", "r.local/team/api")]
    [InlineData("localhost/api:1.0", "r.local/api")]
    public void In_another_registry_an_image_keeps_its_path(string image, string expected) => Assert.Equal(expected, RegistryRewrite.NameOf(image, "r.local"));

    [KubectlFact]
    public async Task The_secret_holds_what_the_file_of_secrets_says_and_nothing_else_does()
    {
        Generation.Write(TestManifest.Platform, Environments.All, _folder);
        var known = File.ReadAllLines(Path.Combine(_folder, "overlays", "prod", KustomizeTree.SecretsFile)).Where(static line => line.Contains('=') && line[0] != '#').Select(static line => line.Split('=', 2)[1]).ToList();

        var rendered = await Kustomize.RenderAsync(Path.Combine(_folder, "overlays", "prod"));

        Assert.Equal(5, known.Count);
        var secret = Assert.Single(rendered, static tree => tree["kind"]!.ToString() == "Secret");
        Assert.Equal(
            known.Order(StringComparer.Ordinal),
            ((JsonObject)secret["data"]!).Select(static entry => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(entry.Value!.ToString()))).Order(StringComparer.Ordinal));
        foreach (var file in Directory.EnumerateFiles(_folder, "*.yaml", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(file);
            Assert.DoesNotContain(known, value => text.Contains(value, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Generating_twice_gives_the_same_bytes_and_changes_nothing()
    {
        var first = Generation.Write(TestManifest.Platform, Environments.All, _folder);
        var before = Contents();

        var second = Generation.Write(TestManifest.Platform, Environments.All, _folder);

        Assert.Equal((0, 0), (second.Written, second.Removed));
        // Whoever generates in a new clone hears that its secrets are new ones; with secrets from elsewhere there are none.
        Assert.True(first.Environments.Single(static one => one.Name == "dev").HasNewSecrets);
        Assert.False(first.Environments.Single(static one => one.Name == "everything").HasNewSecrets);
        Assert.DoesNotContain(second.Environments, static one => one.HasNewSecrets);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Secrets_are_readable_by_their_owner_alone_and_kept_out_of_version_control()
    {
        Generation.Write(TestManifest.Platform, Environments.All, _folder);

        var file = Path.Combine(_folder, "overlays", "dev", KustomizeTree.SecretsFile);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Contains(KustomizeTree.SecretsFile, File.ReadAllText(Path.Combine(_folder, ".gitignore")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "overlays", "everything", KustomizeTree.SecretsFile)));
    }

    [Fact]
    public void Wrong_values_write_nothing()
    {
        var values = Environments.All;
        values.Environments["wrong"] = ValuesReader.Read([("wrong.yaml", "stores: { postgres: { mode: external } }")]);

        var fault = Assert.Throws<ValuesException>(() => Generation.Write(TestManifest.Platform, values, _folder));

        Assert.Contains("stores.postgres.host: it is missing", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private SortedDictionary<string, string> Contents() => new(
        Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(_folder, file), File.ReadAllText), StringComparer.Ordinal);

    private static string Identity(JsonObject tree) => $"{tree["apiVersion"]} {tree["kind"]} {tree["metadata"]!["name"]}";
}
