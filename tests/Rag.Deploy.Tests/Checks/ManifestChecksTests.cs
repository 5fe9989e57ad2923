using System.Globalization;
using System.Text;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Checks;

/// <summary>The rules of a review over everything that is generated, and each of them over manifests in which it is broken.</summary>
public sealed class ManifestChecksTests
{
    private const string Broken = "prod";

    public static TheoryData<string> Platforms => [.. RenderedPlatform.Names];

    public static TheoryData<int> ContainerRules => [.. Mutations.OfContainers];

    public static TheoryData<string> DanglingNames => [.. Mutations.Dangling.Keys];

    public static TheoryData<string> StatedReasons => [.. Mutations.Reasons.Keys];

    [Fact]
    public void There_are_sixty_five_rules() => Assert.Equal(Enumerable.Range(1, 65), AllChecks.InOrder.Select(static check => check.Number));

    [KubectlTheory]
    [MemberData(nameof(Platforms))]
    public async Task What_is_rendered_keeps_every_rule_or_states_a_reason(string name)
    {
        var platform = await RenderedPlatform.Of(name);

        var faults = Faults(platform).ToList();
        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
        Assert.NotEmpty(platform.Workloads);
    }

    [KubectlTheory]
    [MemberData(nameof(AllChecks.Numbers), MemberType = typeof(AllChecks))]
    public async Task A_manifest_that_breaks_a_rule_fails_that_check_and_no_other(int number)
    {
        var broken = Mutations.Apply(number, await RenderedPlatform.Of(Broken));

        var failed = AllChecks.InOrder.Where(check => check.Faults(broken).Count > 0).Select(static check => check.Number);

        Assert.Equal([number], failed);
    }

    [KubectlFact]
    public async Task A_container_that_prepares_keeps_every_rule_as_those_do_that_run() =>
        Assert.Empty(Faults(Mutations.WithInitContainer(await RenderedPlatform.Of(Broken))));

    [KubectlTheory]
    [MemberData(nameof(ContainerRules))]
    public async Task A_rule_that_only_a_container_breaks_that_prepares_is_broken(int number)
    {
        var broken = Mutations.WithInitContainer(await RenderedPlatform.Of(Broken), number);

        var failed = AllChecks.InOrder.Where(check => check.Faults(broken).Count > 0).Select(static check => check.Number);

        Assert.Equal([number], failed);
    }

    [KubectlTheory]
    [MemberData(nameof(DanglingNames))]
    public async Task What_a_pod_is_given_and_nobody_makes_is_found(string name)
    {
        var broken = Mutations.Dangling[name].Apply(await RenderedPlatform.Of(Broken));

        var faults = AllChecks.InOrder.SelectMany(check => check.Faults(broken).Select(fault => (check.Number, Fault: fault))).ToList();

        Assert.Equal([Mutations.Dangling[name].Number], faults.Select(static fault => fault.Number));
        Assert.Contains($"'{name}'", faults[0].Fault, StringComparison.Ordinal);
    }

    [KubectlFact]
    public async Task A_claim_of_which_the_values_say_that_it_exists_need_not_be_made()
    {
        var platform = Mutations.Dangling[Mutations.NobodysClaim].Apply(await RenderedPlatform.Of(Broken));

        var known = platform with { Values = platform.Values with { Originals = platform.Values.Originals with { Claim = new OriginalsClaimValues { Existing = Mutations.NobodysClaim } } } };

        Assert.Empty(Faults(known));
    }

    [KubectlTheory]
    [MemberData(nameof(StatedReasons))]
    public async Task A_rule_that_is_not_kept_needs_its_reason(string annotation)
    {
        var silent = Mutations.WithoutReason(annotation, await RenderedPlatform.Of(Broken));

        var failed = AllChecks.InOrder.Where(check => check.Faults(silent).Count > 0).Select(static check => check.Number);

        Assert.Equal([Mutations.Reasons[annotation]], failed);
    }

    [KubectlFact]
    public async Task The_table_of_what_is_looked_at_is_current()
    {
        var platforms = await Task.WhenAll(RenderedPlatform.Names.Select(RenderedPlatform.Of));
        var own = platforms.Where(static platform => !ForeignManifests.Names.Contains(platform.Name)).ToList();
        var foreign = platforms.Except(own).ToList();
        IReadOnlyList<IReadOnlyList<RenderedPlatform>> columns = [.. own.Select(static platform => new[] { platform }), foreign];
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""
            # Checks of the manifests

            Written by a test, from the code of the checks: `RAG_UPDATE_SNAPSHOTS=1 dotnet test tests/Rag.Deploy.Tests`. Each number is how many places a check looks at in what
            `kubectl kustomize` renders; after the `+`, how many more do not keep the rule and state why in an annotation of the workload. A place that does neither fails
            the tests, and each check has a manifest that makes it fail. Where a number is 0 there is nothing of the kind to look at, and the rule says why.

            `everything` is an environment with every part and mode on, `models` one with models, jobs and volumes by hand, `claim` and `bucket` keep originals there, `example` is `deploy/examples/values.prod.yaml`; `foreign` are the {foreign.Count} app models of other applications in `tests/Rag.Deploy.Tests/Manifests`.

            | # | rule | {string.Join(" | ", own.Select(static platform => platform.Name))} | foreign |
            | ---: | --- |{string.Concat(own.Select(static _ => " ---: |"))} ---: |

            """).ReplaceLineEndings("\n"));
        foreach (var check in AllChecks.InOrder)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {check.Number} | {check.Rule}{Nothing(check, columns)} | {string.Join(" | ", columns.Select(column => Count(check, column)))} |\n");
        }

        Snapshots.AssertCurrent(Path.Combine(Repository.Root, "docs", "checks.md"), text.ToString());
    }

    // A rule that looks at nothing is kept by everybody, which says little: where it does so has to be meant.
    private static string Nothing(Check check, IReadOnlyList<IReadOnlyList<RenderedPlatform>> columns)
    {
        var isSeen = columns.Select(column => column.SelectMany(check.Look).Any()).ToList();
        Assert.True(check.NothingWhere is null == isSeen.TrueForAll(static seen => seen), $"{check}: it looks at nothing somewhere and does not say why, or the other way round.");
        return check.NothingWhere is null ? "" : isSeen.Contains(true) ? $"; 0 where {check.NothingWhere}" : $" ({check.NothingWhere})";
    }

    private static string Count(Check check, IEnumerable<RenderedPlatform> platforms)
    {
        var findings = platforms.SelectMany(check.Look).ToList();
        var reasons = findings.Count(static finding => finding.Reason is not null);
        return string.Create(CultureInfo.InvariantCulture, $"{findings.Count - reasons}{(reasons > 0 ? $" + {reasons}" : "")}");
    }

    private static IEnumerable<string> Faults(RenderedPlatform platform) => AllChecks.InOrder.SelectMany(check => check.Faults(platform).Select(fault => $"{check}: {fault}"));
}
