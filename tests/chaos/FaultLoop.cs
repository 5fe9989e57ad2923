using Rag.Client;
using Rag.Testing;

namespace Rag.Chaos;

/// <summary>Does one fault after the other. Outages overlap: while one server is away, the next fault may already be under way.</summary>
internal sealed class FaultLoop(ChaosWorld world, Outcomes outcomes, Action<string> log, int seed)
{
    private static readonly TimeSpan FullLimit = TimeSpan.FromMinutes(2);

    // Larger than what a full disk may still have room for.
    private static readonly byte[] Probe = new byte[512 * 1024];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, Task> _outages = [];

    /// <param name="faults">In this order.</param>
    /// <param name="onNext">Called before each.</param>
    /// <param name="cancellationToken">Ends it; what is away comes back first.</param>
    public async Task RunAsync(IReadOnlyList<Fault> faults, Action onNext, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < faults.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                onNext();
                await StrikeAsync(faults[i], cancellationToken);
                outcomes.Happened(faults[i]);
                log($"  {i + 1} of {faults.Count}: {Faults.NameOf(faults[i])}");
                await Task.Delay(_random.Next(100, 700), cancellationToken);
            }
        }
        finally
        {
            await Task.WhenAll(_outages.Values);
        }
    }

    private Task StrikeAsync(Fault fault, CancellationToken cancellationToken) => fault switch
    {
        Fault.KillWorker => KillOneAsync(world.Workers),
        Fault.KillApi => KillOneAsync(world.Apis),
        Fault.KillPostgres => OutageAsync("postgres", world.Postgres.KillAsync, world.Postgres.StartAgainAsync),
        Fault.StopPostgres => OutageAsync("postgres", world.Postgres.StopAsync, world.Postgres.StartAgainAsync),
        Fault.KillRedis => OutageAsync("redis", world.Redis.KillAsync, world.Redis.StartAgainAsync),
        Fault.KillVectors => OutageAsync("vectors", world.KillVectorsAsync, world.Vectors!.RestartAsync),
        Fault.CutPostgres => CutAsync("to postgres", world.ToPostgres),
        Fault.CutRedis => CutAsync("to redis", world.ToRedis),
        Fault.CutVectors => CutAsync("to vectors", world.ToVectors!),
        Fault.CutBucket => CutAsync("to bucket", world.ToBucket!),
        Fault.FillDisk => FillDiskAsync(cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    private async Task KillOneAsync(IReadOnlyList<Replica> replicas)
    {
        // One that lives: what is only just starting has nothing to lose.
        await await Task.WhenAny(replicas.Select(static r => r.Starting));
        var candidates = replicas.Where(static r => r.Starting.IsCompletedSuccessfully).ToList();
        await candidates[_random.Next(candidates.Count)].KillAsync();
    }

    /// <summary>Connections end; half of the time new ones are refused for a while as well.</summary>
    private async Task CutAsync(string what, Relay relay)
    {
        if (_random.Next(2) == 0)
        {
            await OutageAsync(what, Down, Up);
            return;
        }

        // One that is cut already is opened by whoever cut it.
        if (_outages.TryGetValue(what, out var before))
        {
            await before;
        }

        relay.Cut();
        relay.Open();

        Task Down()
        {
            relay.Cut();
            return Task.CompletedTask;
        }

        Task Up()
        {
            relay.Open();
            return Task.CompletedTask;
        }
    }

    /// <summary>Goes away, and comes back after a while; the next fault waits for that half of the time.</summary>
    private async Task OutageAsync(string what, Func<Task> down, Func<Task> up)
    {
        if (_outages.TryGetValue(what, out var before))
        {
            await before;
        }

        await down();
        var length = TimeSpan.FromMilliseconds(_random.Next(200, 3000));
        var outage = BackAsync();
        _outages[what] = outage;
        if (_random.Next(2) == 0)
        {
            await outage;
        }

        async Task BackAsync()
        {
            await Task.Delay(length, CancellationToken.None);
            await up();
        }
    }

    /// <summary>While the disk is full, an upload is refused with 507 and nothing else.</summary>
    private async Task FillDiskAsync(CancellationToken cancellationToken)
    {
        // Somebody must be there to be asked.
        await await Task.WhenAny(world.Apis.Select(static api => api.Starting));
        var filler = Path.Combine(world.Disk!.Path, "filler");
        Fill(filler);
        try
        {
            var caller = new Caller(world, outcomes, _random.Next());
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(FullLimit);
            while (true)
            {
                // The database may be away as well; then that is said first.
                var reply = await caller.SendAsync(
                    "upload to a full disk", 202, (client, token) => client.UploadAsync(Clients.Collection, [new UploadFile("probe.txt", new MemoryStream(Probe))], cancellationToken: token), limit.Token);
                if (reply is { Status: 202 })
                {
                    outcomes.Find("An upload was accepted although the disk was full.");
                    return;
                }

                if (reply is { Status: 507, Code: "disk-full" })
                {
                    break;
                }

                await Task.Delay(100, limit.Token);
            }

            await Task.Delay(_random.Next(100, 1500), cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            outcomes.Find($"An upload to a full disk was not refused with 507 within {FullLimit}.");
        }
        finally
        {
            File.Delete(filler);
        }
    }

    private static void Fill(string path)
    {
        var block = new byte[64 * 1024];
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = block.Length; size >= 512;)
        {
            try
            {
                file.Write(block, 0, size);
            }
            catch (IOException)
            {
                // No room for that much: for less perhaps.
                size /= 2;
            }
        }
    }
}
