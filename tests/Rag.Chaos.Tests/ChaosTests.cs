using Xunit.Abstractions;

namespace Rag.Chaos.Tests;

/// <summary>Some faults of the long run of tests/chaos in each world, and everything counted in the end.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Documents = 24, Kills = 5, Seed = 1;

    [Fact]
    public Task With_Qdrant_and_originals_in_the_database_nothing_is_lost_whatever_dies() => RunAsync(ChaosStores.Qdrant);

    [Fact]
    public Task With_the_embedded_index_and_originals_on_a_disk_that_gets_full_where_one_can_be_mounted_nothing_is_lost_whatever_dies() => RunAsync(ChaosStores.Embedded);

    [Fact]
    public Task With_the_embedded_index_and_originals_in_a_bucket_nothing_is_lost_whatever_dies() => RunAsync(ChaosStores.Bucket);

    [Fact]
    public void A_seed_deals_the_same_faults_again_and_every_kind_of_them()
    {
        foreach (var stores in Enum.GetValues<ChaosStores>())
        {
            var dealt = Deal(stores, Seed);

            Assert.Equal(dealt, Deal(stores, Seed));
            Assert.NotEqual(dealt, Deal(stores, Seed + 1));
            Assert.Equal(100, dealt.Count(Faults.IsKill));
            Assert.Equal(stores == ChaosStores.Qdrant ? 9 : 8, dealt.Distinct().Count());
        }

        static IReadOnlyList<Fault> Deal(ChaosStores stores, int seed) => Faults.Deal(stores, 100, new Random(seed), hasSmallDisk: true);
    }

    [Fact]
    public void Documents_are_the_same_again_and_no_two_are_alike()
    {
        var contents = ChaosDocument.Create(200, Seed).SelectMany(static d => d.Contents).ToList();

        Assert.Equal(
            contents.Where(static c => c.Text is not null).Select(static c => c.Text),
            ChaosDocument.Create(200, Seed).SelectMany(static d => d.Contents).Where(static c => c.Text is not null).Select(static c => c.Text));
        Assert.Equal(contents.Count, contents.Select(static c => c.Word).Distinct().Count());
        Assert.Equal(contents.Count, contents.Select(static c => Convert.ToHexString(c.Bytes)).Distinct().Count());
        Assert.Contains(contents, static c => c.IsBroken);
    }

    private async Task RunAsync(ChaosStores stores)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(6));
        var report = await ChaosRun.RunAsync(new ChaosSettings(stores, Documents, Kills, Seed, TimeSpan.FromMinutes(3)), output.WriteLine, limit.Token);
        foreach (var (what, value) in report.Rows())
        {
            output.WriteLine($"{what}: {value}");
        }

        // Whole: what went wrong once may not go wrong again when it is looked for.
        Assert.True(report.Findings.Count == 0, string.Join(Environment.NewLine, report.Findings));
        Assert.Equal(Kills, report.Kills);
        Assert.Equal(Documents, report.Contents.Ready + report.Contents.Parked + report.Contents.Deleted);
    }
}
