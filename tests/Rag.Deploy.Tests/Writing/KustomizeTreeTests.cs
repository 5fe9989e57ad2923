using System.Text.Json.Nodes;
using Rag.Deploy.Kubernetes;
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
    public async Task The_secret_holds_what_the_file_of_secrets_says_and_nothing_else_does()
    {
        Generation.Write(TestManifest.Platform, Environments.All, _folder);
        var known = File.ReadAllLines(Path.Combine(_folder, "overlays", "prod", KustomizeTree.SecretsFile)).Where(static line => line.Contains('=') && line[0] != '#').Select(static line => line.Split('=', 2)[1]).ToList();

        var rendered = await Kustomize.RenderAsync(Path.Combine(_folder, "overlays", "prod"));

        Assert.Equal(4, known.Count);
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
