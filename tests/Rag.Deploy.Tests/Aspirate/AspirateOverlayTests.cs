using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rag.Deploy.AppModel;
using Rag.Deploy.Tests.Checks;
using Rag.Deploy.Tests.Validators;
using Rag.Deploy.Writing;
using Rag.Testing;

namespace Rag.Deploy.Tests.Aspirate;

/// <summary>What aspirate writes for our app model, with our overlay over it, in the eyes of everything that looks at our own tree.</summary>
public sealed partial class AspirateOverlayTests : IDisposable
{
    private static readonly string Sources = Path.Combine(Repository.Root, "deploy", "aspirate");
    private static readonly string Manual = File.ReadAllText(Path.Combine(Repository.Root, "docs", "aspirate.md"));

    // What templates cannot do, because each of them sees one resource and none of the values.
    private static readonly SortedDictionary<int, string> NotWithoutTheOverlay = new()
    {
        [34] = "only connection strings and two known passwords become Secrets: those of Redis and Qdrant, and the services' copies of all of them, stand in ConfigMaps",
        [35] = "what becomes a Secret is put into variables",
        [46] = "there is one template for the namespace, and it is written once for whatever is in it; quotas come from values",
        [60] = "who talks to whom stands in no template's fields",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("rag-aspirate-").FullName;

    public static TheoryData<string> Runs => [.. ByName.Keys];

    private static Dictionary<string, AspirateRun> ByName { get; } = new(StringComparer.Ordinal)
    {
        ["documented"] = new AspirateRun(Secrets: false),
        ["with secrets and a namespace"] = new AspirateRun(Secrets: true, Namespace: "ragplatform"),
        ["with the dashboard"] = new AspirateRun(Secrets: false, Dashboard: true),
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [KubectlFact]
    public async Task The_tree_is_the_one_that_brings_what_aspirate_writes_to_the_plan()
    {
        Write(new AspirateRun());
        var files = AspirateOverlay.Files(await Kustomize.RenderAsync(Path.Combine(_folder, "deploy", "aspirate", "overlay", "output")));
        if (Snapshots.AreWritten)
        {
            foreach (var file in Generated())
            {
                File.Delete(Path.Combine(Sources, file));
            }
        }

        foreach (var (path, text) in files)
        {
            Snapshots.AssertCurrent(Path.Combine(Sources, path), text);
        }

        Assert.Equal(files.Keys, Generated());
    }

    [KubectlTheory]
    [MemberData(nameof(Runs))]
    public async Task What_is_rendered_is_the_plan_whatever_aspirate_was_asked(string run)
    {
        var rendered = (await RenderAsync(run)).Objects.ToDictionary(Identity);

        foreach (var (key, planned) in AspirateOverlay.Plan.Objects)
        {
            var expected = (JsonObject)planned.Tree.DeepClone();
            if (key.Kind != "Namespace")
            {
                expected["metadata"]!["namespace"] = AspirateOverlay.Values.EffectiveNamespace;
            }

            Assert.True(rendered.Remove(Identity(expected), out var actual), $"{Identity(expected)} is not rendered.");
            if (ByName[run].Dashboard && Workload.Of(actual!) is { } workload)
            {
                // That they send to it is all that differs.
                workload.MainContainers.Where(static container => container.Items("env").Any(static variable => variable.Text("name") == "OTEL_SERVICE_NAME")).ToList().ForEach(static container => container.Remove("env"));
            }

            Assert.True(RenderedTrees.Same(expected, actual), $"{Identity(expected)}\n{YamlText.Write([expected])}\nis rendered as\n{YamlText.Write([actual!])}");
        }

        Assert.All(rendered.Keys, name => Assert.True(name == "v1 Secret ragplatform-secrets" || (ByName[run].Dashboard && name.Contains("aspire-dashboard", StringComparison.Ordinal)), name));
    }

    [KubectlTheory]
    [MemberData(nameof(Runs))]
    public async Task It_keeps_every_rule_of_a_review(string run)
    {
        var platform = await RenderAsync(run);

        Assert.Empty(AllChecks.InOrder.SelectMany(check => check.Faults(platform).Select(fault => $"{check}: {fault}")));
        Assert.True(platform.Services.Count() >= 6);
        Assert.Equal(2, platform.OfKind("HorizontalPodAutoscaler").Count());
    }

    [KubectlTheory]
    [MemberData(nameof(Runs))]
    public async Task Both_validators_take_it(string run)
    {
        var objects = (await RenderAsync(run)).Objects;

        foreach (var validator in new[] { ManifestValidators.Fields, ManifestValidators.Models })
        {
            var verdict = await ManifestValidators.JudgeAsync(validator, objects);
            Assert.Empty(verdict.Faults);
            Assert.Empty(verdict.Unknown);
        }
    }

    [KubectlTheory]
    [MemberData(nameof(Runs))]
    public async Task No_secret_of_aspirate_and_no_reference_that_it_left_open_gets_to_the_cluster(string run)
    {
        var text = string.Concat((await RenderAsync(run)).Objects.Select(static one => one.ToJsonString()));

        Assert.DoesNotContain(AspirateExpressions.Secret(""), text, StringComparison.Ordinal);
        Assert.DoesNotMatch(OpenReference(), text);
        // They are in what it writes: this test would find them.
        Assert.Contains(AspirateExpressions.Secret("cache-password"), File.ReadAllText(Path.Combine(_folder, "AppHost", "aspirate-output", "cache", "kustomization.yaml")), StringComparison.Ordinal);
    }

    [KubectlFact]
    public async Task Another_registry_tag_and_variable_of_aspirate_need_no_other_overlay()
    {
        Write(new AspirateRun(Secrets: false));
        Replace("rag-api/deployment.yaml", $"{AspirateOutput.Registry}/rag-api:{AspirateOutput.Tag}", "elsewhere.example.com:5000/team/rag-api:7.1");
        Replace("rag-api/kustomization.yaml", "configMapGenerator:\n- name: rag-api-config\n  literals:\n", "configMapGenerator:\n- name: rag-api-config\n  literals:\n  - NEW_TOKEN=somebody's secret\n");

        var rendered = await Kustomize.RenderAsync(Path.Combine(_folder, "deploy", "aspirate", "overlay"));

        var api = rendered.Select(Workload.Of).OfType<Workload>().Single(static workload => workload.Name == "rag-api");
        Assert.Equal("elsewhere.example.com:5000/team/rag-api:7.1", Assert.Single(api.MainContainers).Text("image"));
        Assert.DoesNotContain("NEW_TOKEN", string.Concat(rendered.Select(static one => one.ToJsonString())), StringComparison.Ordinal);
    }

    [KubectlFact]
    public async Task The_account_at_a_private_registry_stays_with_every_pod()
    {
        Write(new AspirateRun(Secrets: false, Dashboard: true, PrivateRegistry: true));

        var platform = Platform(await Kustomize.RenderAsync(Path.Combine(_folder, "deploy", "aspirate", "overlay-dashboard")));

        Assert.NotNull(platform.Find("Secret", "image-pull-secret"));
        Assert.All(platform.Workloads, workload => Assert.Equal(
            "image-pull-secret", Assert.Single(platform.Find("ServiceAccount", workload.Pod.Text("serviceAccountName")).Items("imagePullSecrets")).Text("name")));
    }

    [KubectlFact]
    public async Task Without_the_overlay_the_rules_that_are_not_kept_are_those_that_the_manual_names()
    {
        Write(new AspirateRun(Namespace: "ragplatform", Dashboard: true));
        var platform = Platform(await Kustomize.RenderAsync(Path.Combine(_folder, "AppHost", "aspirate-output")));

        var broken = AllChecks.InOrder.Where(check => check.Faults(platform).Count > 0).Select(static check => check.Number);

        Assert.Equal(NotWithoutTheOverlay.Keys, broken);
        Assert.All(NotWithoutTheOverlay, static rule => Assert.Contains($"| {rule.Key} | {rule.Value} |", Manual, StringComparison.Ordinal));
    }

    [Fact]
    public void The_settings_are_those_that_aspirate_knows()
    {
        // It reads them with the serializer's defaults: another case, or a name that it does not know, is passed over without a word.
        var settings = JsonDocument.Parse(File.ReadAllText(AspirateTemplates.Settings)).RootElement;

        Assert.Equal(["TemplatePath"], settings.EnumerateObject().Select(static member => member.Name));
        Assert.False(Path.IsPathRooted(settings.GetProperty("TemplatePath").GetString()));
        Assert.Equal(Path.Combine(Sources, "templates"), AspirateTemplates.Folder);
    }

    [Fact]
    public void What_aspirate_writes_and_the_secrets_stay_out_of_version_control()
    {
        var ignored = File.ReadAllLines(Path.Combine(Repository.Root, ".gitignore"));

        Assert.Superset(new HashSet<string> { "aspirate-output/", "aspirate-state.json", KustomizeTree.SecretsFile }, ignored.ToHashSet());
    }

    [Fact]
    public void The_manual_names_what_aspirate_asks_for_and_every_secret()
    {
        string[] asked =
        [
            "--non-interactive", "--include-dashboard", "--image-pull-policy", "-ct ", "--parameter", "kubectl apply -k ../deploy/aspirate/overlay",
            // What aspirate builds itself cannot read PDF files.
            "--skip-build", $"./rag images {string.Join(' ', TestManifest.Platform.Resources.Values.OfType<ProjectResource>().Select(static project => project.Name))} --registry registry.example.com/rag --tag 0.1.0",
        ];

        Assert.All(asked, static option => Assert.Contains(option, Manual, StringComparison.Ordinal));
        Assert.All(Secrets(), static secret => Assert.Contains($" {secret}", Manual, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Secrets() => Rag.Deploy.Secrets.SecretsFile.Parse(Rag.Deploy.Secrets.SecretsFile.Complete(TestManifest.Platform, AspirateOverlay.Values, null).Text).Keys;

    // All but what is written by hand and what is kept out of version control.
    private static IEnumerable<string> Generated() => Directory.EnumerateFiles(Path.Combine(Sources, "overlay"), "*", SearchOption.AllDirectories)
        .Select(static file => Path.GetRelativePath(Sources, file).Replace('\\', '/'))
        .Where(static file => !file.StartsWith("overlay/output/", StringComparison.Ordinal) && !file.EndsWith(KustomizeTree.SecretsFile, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    private async Task<RenderedPlatform> RenderAsync(string run)
    {
        Write(ByName[run]);
        return Platform(await Kustomize.RenderAsync(Path.Combine(_folder, "deploy", "aspirate", ByName[run].Dashboard ? "overlay-dashboard" : "overlay")));
    }

    private static RenderedPlatform Platform(IReadOnlyList<JsonObject> objects) =>
        new("aspirate", objects, AspirateOverlay.Values, File.ReadAllText(Path.Combine(Repository.Root, "docs", "kubernetes.md")));

    // The two folders as they lie in a checkout, because the overlay finds aspirate's output from where it is.
    private void Write(AspirateRun run)
    {
        AspirateOutput.Write(Path.Combine(_folder, "AppHost", "aspirate-output"), Path.Combine(AppContext.BaseDirectory, "Manifests", "ragplatform.json"), run);
        foreach (var file in Directory.EnumerateFiles(Sources, "*.yaml", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder, "deploy", "aspirate", Path.GetRelativePath(Sources, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        File.WriteAllText(
            Path.Combine(_folder, "deploy", "aspirate", "overlay", KustomizeTree.SecretsFile), Rag.Deploy.Secrets.SecretsFile.Complete(TestManifest.Platform, AspirateOverlay.Values, null).Text);
    }

    private void Replace(string file, string text, string with)
    {
        var path = Path.Combine(_folder, "AppHost", "aspirate-output", file);
        var before = File.ReadAllText(path);
        Assert.Contains(text, before, StringComparison.Ordinal);
        File.WriteAllText(path, before.Replace(text, with, StringComparison.Ordinal));
    }

    private static string Identity(JsonObject tree) => $"{tree["apiVersion"]} {tree["kind"]} {tree["metadata"]!["name"]}";

    [GeneratedRegex(@"\{[\w-]+\.(value|connectionString|bindings)", RegexOptions.None, 1000)]
    private static partial Regex OpenReference();
}
