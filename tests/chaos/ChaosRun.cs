using System.Diagnostics;
using Npgsql;
using Rag.Client;
using Rag.Core.Jobs;
using Rag.Testing;

namespace Rag.Chaos;

/// <summary>Documents are sent and searched while processes are killed, servers go away and connections break; then everything is counted.</summary>
internal static class ChaosRun
{
    // Everything old enough at once: a minute in the future, as the clocks of two processes are never quite the same.
    private static readonly SweepAges AtOnce = new() { Originals = TimeSpan.FromMinutes(-1), Uploads = TimeSpan.FromMinutes(-1) };

    public static async Task<ChaosReport> RunAsync(ChaosSettings settings, Action<string> log, CancellationToken cancellationToken)
    {
        var outcomes = new Outcomes();
        var documents = ChaosDocument.Create(settings.Documents, settings.Seed);
        using var serviceLog = new ServiceLog(settings.LogFolder, outcomes);
        await using var world = await ChaosWorld.StartAsync(settings, serviceLog, outcomes);
        await world.Apis[0].Current.Client.CreateCollectionAsync(new CreateCollection(Clients.Collection), cancellationToken: cancellationToken);

        var clock = Stopwatch.StartNew();
        var clients = new Clients(world, outcomes, documents, settings.Seed);
        using var pace = new SemaphoreSlim(0);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var senders = Task.WhenAll(Enumerable.Range(0, ChaosSettings.Senders).Select(i => clients.SendAsync(i, pace, cancellationToken)));
        var readers = Task.WhenAll(Enumerable.Range(0, ChaosSettings.Readers).Select(i => clients.ReadAsync(i, reading.Token)));
        try
        {
            var faults = Faults.Deal(settings.Stores, settings.Kills, new Random(settings.Seed), world.Disk is not null);
            var released = 0;
            await new FaultLoop(world, outcomes, log, settings.Seed).RunAsync(
                faults,
                () =>
                {
                    // Spread over the faults; each sender takes a few at a time.
                    var share = (settings.Documents + faults.Count - 1) / faults.Count;
                    pace.Release(share);
                    released += share;
                },
                cancellationToken);
            pace.Release(Math.Max(1, settings.Documents - released));
            var faulty = clock.Elapsed;
            log($"  the last fault was after {faulty.TotalSeconds:0} s");
            foreach (var replica in world.Apis.Concat(world.Workers))
            {
                await replica.ReadyAsync();
            }

            await senders;
            var waited = await RestAsync(world, settings.Settle, cancellationToken);
            var retried = await RetryAsync(world, outcomes, settings.Settle, cancellationToken);
            var settled = clock.Elapsed - faulty;
            await reading.CancelAsync();
            await readers;
            log($"  settled {settled.TotalSeconds:0} s later{(waited ? "" : ", but not everything came to rest")}");
            if (!waited)
            {
                outcomes.Find($"Documents were still on their way {settings.Settle} after the last fault.");
            }

            return await CheckAsync(settings, world, outcomes, documents, new ChaosTimes(faulty, settled, retried), cancellationToken);
        }
        finally
        {
            await reading.CancelAsync();
            await readers;
        }
    }

    /// <summary>Whether nothing waits and nothing is worked on any more.</summary>
    private static async Task<bool> RestAsync(ChaosWorld world, TimeSpan limit, CancellationToken cancellationToken)
    {
        var client = world.Apis[0].Current.Client;
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < limit;)
        {
            if ((await client.GetCollectionAsync(Clients.Collection, cancellationToken)).Documents is { Queued: 0, Processing: 0 })
            {
                return true;
            }

            await Task.Delay(250, cancellationToken);
        }

        return false;
    }

    /// <summary>
    /// What was parked although nothing is wrong with the document, because something was away too often: with a reason that says so, and
    /// done when somebody asks for it again, as <c>rag jobs retry</c> does. Returns how many.
    /// </summary>
    private static async Task<int> RetryAsync(ChaosWorld world, Outcomes outcomes, TimeSpan limit, CancellationToken cancellationToken)
    {
        string[] passing = ["storage-away", "blobs-away", "index-away", "disk-full", "worker-lost", "extraction-unavailable"];
        var client = world.Apis[1].Current.Client;
        var jobs = new List<Job>();
        await foreach (var job in client.AllFailedJobsAsync(Clients.Collection, cancellationToken))
        {
            if (passing.Contains(job.Problem?.Code))
            {
                jobs.Add(job);
            }
        }

        foreach (var job in jobs)
        {
            outcomes.Request($"parked for a passing reason: {job.Problem!.Code}");
            await client.RetryJobAsync(job.Id, cancellationToken);
        }

        return jobs.Count > 0 && !await RestAsync(world, limit, cancellationToken) ? -1 : jobs.Count;
    }

    private static async Task<ChaosReport> CheckAsync(
        ChaosSettings settings, ChaosWorld world, Outcomes outcomes, IReadOnlyList<ChaosDocument> documents, ChaosTimes times, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(world.Database);
        var stores = new StoreChecks(world, database);
        IReadOnlyList<string> found;
        await using (var engine = await TestEngine.JoinAsync(
            world.Database, world.BlobPath, world.Settings.Where(static s => s.Key.StartsWith("Rag__Blobs", StringComparison.Ordinal)).ToDictionary(static s => s.Key.Replace("__", ":", StringComparison.Ordinal), static s => (string?)s.Value)
                .Append(new("Rag:Jobs:Lease", "00:00:02")).ToDictionary()))
        {
            // The index follows by itself, a moment later. What a killed worker began is swept when it is two leases old, and the workers'
            // own sweeps are minutes apart: so each look comes after a sweep.
            var waited = Stopwatch.StartNew();
            while (true)
            {
                await SweepAsync(engine, cancellationToken);
                found = await stores.RunAsync(cancellationToken);
                if (found.Count == 0 || waited.Elapsed > TimeSpan.FromSeconds(20))
                {
                    break;
                }

                await Task.Delay(500, cancellationToken);
            }
        }

        foreach (var one in found)
        {
            outcomes.Find(one);
        }

        var contents = new ContentChecks(world, outcomes, documents);
        await contents.RunAsync(cancellationToken);
        foreach (var violation in await world.ViolationsAsync())
        {
            outcomes.Find($"The vector server's description does not allow: {violation}");
        }

        foreach (var replica in world.Apis.Concat(world.Workers))
        {
            await replica.ReadyAsync();
        }

        return new ChaosReport(settings, outcomes, documents, contents, found.Count, times);
    }

    /// <summary>Until a sweep finds nothing more; a worker's own may be under way.</summary>
    private static async Task SweepAsync(TestEngine engine, CancellationToken cancellationToken) => await Eventually.TrueAsync(
        async () => await engine.Get<Sweeper>().SweepAsync(AtOnce, includeFiles: true, cancellationToken) is { Generations: 0, Originals: 0, Files: 0, Failures: 0 },
        "leftovers are swept");
}

/// <summary>How long it took.</summary>
/// <param name="Faults">From the first fault to the last.</param>
/// <param name="Settled">From the last fault until nothing was on its way any more.</param>
/// <param name="Retried">Documents parked for a passing reason and retried by hand; negative: and they did not come to rest.</param>
internal sealed record ChaosTimes(TimeSpan Faults, TimeSpan Settled, int Retried);
