using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using Rag.Client;

namespace AppHost.Tests.EndToEnd;

/// <summary>SIGKILL at random moments, without any hook in the product: nothing acknowledged is lost, nothing is there twice.</summary>
public class WorkerKillTests(RunningApp app) : IClassFixture<RunningApp>
{
    private const int Kills = 30;
    private const int Documents = 120;

    // A kill after the last document was done, or before the first claim, proves nothing.
    private const int MinLostClaims = 10;

    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Every_document_ends_ready_and_once_although_the_worker_is_killed_thirty_times()
    {
        const string Collection = "killed";
        // The seed is printed with a failure, so that the moments can be tried again.
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await app.Client.CreateCollectionAsync(new CreateCollection(Collection));

        await using var database = NpgsqlDataSource.Create(await app.App.GetConnectionStringAsync("ragdb") ?? "");
        using var killed = new CancellationTokenSource();
        var sending = SendAsync(Collection, killed.Token);
        for (var kill = 0; kill < Kills;)
        {
            var claims = await LastClaimAsync(database, "");
            foreach (var id in await WaitForWorkerAsync())
            {
                await WaitForClaimAsync(database, claims);
                await Task.Delay(random.Next(0, 300), CancellationToken.None);
                kill += Kill(id) ? 1 : 0;
            }
        }

        await killed.CancelAsync();
        var ids = await sending;
        var documents = await app.WaitUntilSettledAsync(Collection, TimeSpan.FromMinutes(4));
        Assert.True(
            ids.Order().SequenceEqual(documents.Select(document => document.Id).Order()),
            $"Seed {seed}: {ids.Count} were acknowledged, {documents.Count} are there.");
        Assert.All(documents, document => Assert.True(document.Status == DocumentStatus.Ready, $"Seed {seed}, {document.Name}: {document.Status} {document.Problem?.Message}"));
        await AssertEveryChunkOnceAsync(Collection, documents, seed);
        await using var losses = database.CreateCommand("select coalesce(sum(losses), 0)::bigint from jobs");
        var lost = (long)(await losses.ExecuteScalarAsync())!;
        Assert.True(lost >= MinLostClaims, $"Seed {seed}: of {Kills} kills only {lost} met a worker at work.");
    }

    // Every claim gives its job a higher generation; those of dead workers stay 'running' until their lease ends.
    private static async Task<long> LastClaimAsync(NpgsqlDataSource database, string condition)
    {
        await using var command = database.CreateCommand($"select coalesce(max(generation), 0) from jobs {condition}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Until the worker that has just come up holds a job. Not for ever: every document may be another dead worker's for the moment.</summary>
    private static async Task WaitForClaimAsync(NpgsqlDataSource database, long before)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < ClaimPatience && await LastClaimAsync(database, "where state = 'running'") <= before)
        {
            await Task.Delay(10);
        }
    }

    /// <returns>False when it had ended by itself.</returns>
    private static bool Kill(int processId)
    {
        try
        {
            using var victim = Process.GetProcessById(processId);
            victim.Kill();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string TextOf(int number)
    {
        var text = new StringBuilder();
        for (var paragraph = 0; paragraph < 40; paragraph++)
        {
            text.Append(CultureInfo.InvariantCulture, $"Paragraph {paragraph} of report {number} names the code K{number}X{paragraph}. ")
                .Append("It goes on for a while so that the document becomes several chunks and a kill can meet it between two of them.\n\n");
        }

        return text.ToString();
    }

    /// <summary>Goes on while workers are killed, so that there is always something to interrupt.</summary>
    private async Task<List<Guid>> SendAsync(string collection, CancellationToken killed)
    {
        var ids = new List<Guid>();
        for (var number = 0; number < Documents || !killed.IsCancellationRequested; number++)
        {
            var submission = await app.Client.AddTextAsync(collection, new TextDocument(TextOf(number), SourceId: $"report-{number}"), cancellationToken: CancellationToken.None);
            ids.Add(submission.Items.Single().Id!.Value);
            await Task.Delay(150, CancellationToken.None);
        }

        return ids;
    }

    /// <summary>The worker's processes; asks the host to start it again where the orchestrator leaves a crashed one alone.</summary>
    private async Task<IReadOnlyList<int>> WaitForWorkerAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (await app.WorkerProcessesAsync() is { Count: > 0 } processes)
            {
                return processes;
            }

            if (waited.Elapsed > TimeSpan.FromSeconds(1))
            {
                await app.App.ResourceCommands.ExecuteCommandAsync("rag-ingest", KnownResourceCommands.StartCommand);
            }

            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), "The worker was not started again within a minute.");
            await Task.Delay(50);
        }
    }

    private async Task AssertEveryChunkOnceAsync(string collection, IReadOnlyList<Document> documents, int seed)
    {
        foreach (var document in documents)
        {
            var text = await app.Client.GetTextAsync(collection, document.Id);
            var chunks = (await app.Client.ListChunksAsync(collection, document.Id, limit: 200)).Items;
            Assert.Equal(Enumerable.Range(0, chunks.Count), chunks.Select(chunk => chunk.Ordinal));
            Assert.Equal(document.Chunks, chunks.Count);
            var covered = new bool[text.Length];
            foreach (var chunk in chunks)
            {
                Assert.Equal(chunk.Text, text.Text[chunk.Start..chunk.End]);
                covered.AsSpan(chunk.Start, chunk.End - chunk.Start).Fill(true);
            }

            Assert.All(Enumerable.Range(0, text.Length), at => Assert.True(covered[at] || char.IsWhiteSpace(text.Text[at]), $"Seed {seed}, {document.Name}: character {at} is in no chunk."));
        }

        // What killed attempts left behind is allowed to wait for the sweeper, but never to be active.
        await using var connection = new NpgsqlConnection(await app.App.GetConnectionStringAsync("ragdb"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select count(*) from (
                select c.document_id, c.ordinal from chunks c join documents d on d.id = c.document_id and d.active_generation = c.generation
                group by c.document_id, c.ordinal having count(*) > 1) twice
            """,
            connection);
        Assert.Equal(0L, await command.ExecuteScalarAsync());

        var found = await app.Client.SearchAsync(collection, new SearchRequest("K7X3", Limit: 50));
        Assert.Equal(found.Evidence.Select(evidence => evidence.ChunkId).Distinct().Count(), found.Evidence.Count);
    }
}
