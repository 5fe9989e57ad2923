using System.Collections.Concurrent;
using System.Text;
using Npgsql;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>
/// Two APIs behind a balancer and two workers, each replaced by a new process while people work: with the settings that production has,
/// and clients that keep their connections and try nothing twice.
/// </summary>
[Collection(Postgres.Name)]
public sealed class RollingRestartTests(PostgresFixture postgres) : IAsyncLifetime, IDisposable
{
    private const string Collection = "shared";
    private const int Beforehand = 60;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    // Between two requests of one client: as many requests as leave the machine time to start a process.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly DirectoryInfo _blobs = Directory.CreateTempSubdirectory("rag-rolling-blobs-");
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly ConcurrentBag<string> _failures = [];
    private readonly ConcurrentDictionary<Guid, byte> _uploaded = new();
    private readonly ConcurrentDictionary<Guid, byte> _announced = new();
    private Replicas _replicas = null!;
    private string _database = null!;
    private volatile bool _isOver;
    private int _answers;

    public async Task InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _replicas = await Replicas.StartAsync(
            new Dictionary<string, string>
            {
                ["ConnectionStrings__ragdb"] = _database,
                ["Rag__Blobs__Path"] = _blobs.FullName,
            },
            new Dictionary<string, string>
            {
                ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
                ["Rag__Limits__RequestsPerMinute"] = "0",
            },
            apis: 2,
            workers: 2);
        var client = Client();
        await client.CreateCollectionAsync(new CreateCollection(Collection), cancellationToken: _limit.Token);
        await client.UploadAsync(Collection, [.. Enumerable.Range(0, Beforehand).Select(static i => FileOf($"before{i}"))], cancellationToken: _limit.Token);
        await Eventually.TrueAsync(
            async () => (await client.GetCollectionAsync(Collection, _limit.Token)).Documents.Ready == Beforehand, Limit, "the first documents are ready");
    }

    public async Task DisposeAsync()
    {
        await _replicas.DisposeAsync();
        _blobs.Delete(recursive: true);
    }

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task No_request_fails_while_every_process_is_replaced()
    {
        var old = _replicas.Started;
        var following = FollowAsync();
        Task[] crowd =
        [
            .. Times(6, "search", SearchAsync),
            .. Times(4, "ask", AskAsync),
            .. Times(3, "upload", UploadAsync),
            .. Times(3, "list", ListAsync),
            // Many connections that never rest for long, and a client that mends nothing: where a process closes them, some request crosses it.
            .. Enumerable.Range(0, 40).Select(_ => GetAsync()),
            // Long enough away from their connections for the process at the other end to have gone meanwhile.
            .. Enumerable.Range(0, 20).Select(i => RepeatAsync("search now and then", SearchAsync, TimeSpan.FromSeconds(2 + (i * 0.2)))),
        ];

        await _replicas.RollAsync();
        // Whatever was begun at an old process has come to its end; and the new ones alone are asked for a while.
        var answers = _answers;
        await Eventually.TrueAsync(() => Task.FromResult(_answers > answers + 200 || !_failures.IsEmpty), Limit, "the new processes answer");
        _isOver = true;
        await Task.WhenAll(crowd);
        await Eventually.TrueAsync(
            () => Task.FromResult(_uploaded.Keys.All(_announced.ContainsKey) || !_failures.IsEmpty), Limit, "every document was announced as ready by the events");
        await _limit.CancelAsync();
        await following;

        Assert.True(_failures.IsEmpty, $"{_failures.Count} failed, {_answers} did not:\n{string.Join('\n', _failures.Order(StringComparer.Ordinal).Take(5))}");
        Assert.Equal(0, _replicas.Balancer.Refused);
        Assert.All(old, static process => Assert.True(process.HasExited));
        Assert.All(_replicas.Apis, api => Assert.True(_replicas.Balancer.Answered(api.BaseAddress) > 0, $"{api.BaseAddress} has answered nobody."));
        var workers = await WorkersAsync();
        Assert.All(_replicas.Workers, worker => Assert.Contains(workers, name => name.Split('#')[0].EndsWith($"/{worker.Id}", StringComparison.Ordinal)));
        Assert.NotEmpty(_uploaded);
    }

    private IEnumerable<Task> Times(int count, string what, Func<RagClient, CancellationToken, Task> requestAsync) =>
        Enumerable.Range(0, count).Select(_ => RepeatAsync(what, requestAsync, Pause));

    /// <summary>One client with a connection of its own that asks again and again.</summary>
    private async Task RepeatAsync(string what, Func<RagClient, CancellationToken, Task> requestAsync, TimeSpan pause)
    {
        await Task.Yield();
        var client = Client();
        while (!_isOver)
        {
            try
            {
                await requestAsync(client, _limit.Token);
                Interlocked.Increment(ref _answers);
            }
            catch (Exception e)
            {
                _failures.Add($"{DateTime.UtcNow:HH:mm:ss.fff} {what}: {e}");
            }

            await Task.Delay(pause);
        }
    }

    private async Task GetAsync()
    {
        await Task.Yield();
        using var connection = new PlainConnection(_replicas.Balancer.Address, ApiHost.Key);
        while (!_isOver)
        {
            try
            {
                Assert.Equal(200, await connection.GetAsync($"/v1/collections/{Collection}", _limit.Token));
                Interlocked.Increment(ref _answers);
            }
            catch (Exception e)
            {
                _failures.Add($"{DateTime.UtcNow:HH:mm:ss.fff} get: {e}");
                connection.Dispose();
            }

            await Task.Delay(Random.Shared.Next(800));
        }
    }

    private static async Task SearchAsync(RagClient client, CancellationToken cancellationToken)
    {
        var number = Random.Shared.Next(Beforehand);
        var found = await client.SearchAsync(Collection, new SearchRequest($"before{number} lighthouse", 1), cancellationToken);
        Assert.Contains($"before{number} ", found.Evidence[0].Text, StringComparison.Ordinal);
    }

    // Throws when the stream ends before its last event.
    private static async Task AskAsync(RagClient client, CancellationToken cancellationToken)
    {
        await foreach (var step in client.AskStreamAsync(Collection, new AskRequest($"Who winds the lamp of before{Random.Shared.Next(Beforehand)}?"), cancellationToken))
        {
            Assert.NotNull(step);
        }
    }

    private async Task UploadAsync(RagClient client, CancellationToken cancellationToken)
    {
        var item = (await client.UploadAsync(Collection, [FileOf($"during{Guid.NewGuid():N}")], cancellationToken: cancellationToken)).Items[0];
        Assert.Equal(SubmissionStatus.Queued, item.Status);
        _uploaded[item.Id!.Value] = 0;
        await Eventually.BecomesAsync(
            () => client.GetDocumentAsync(Collection, item.Id.Value, cancellationToken), static document => document.Status == DocumentStatus.Ready, Limit);
    }

    private static Task ListAsync(RagClient client, CancellationToken cancellationToken) =>
        client.ListDocumentsAsync(Collection, new DocumentQuery { Limit = 5 }, cancellationToken);

    /// <summary>A stream of events that ends, resumes after its last event; one that breaks is a failure.</summary>
    private async Task FollowAsync()
    {
        var client = Client();
        long? last = 0;
        while (!_limit.IsCancellationRequested)
        {
            try
            {
                await foreach (var happened in client.FollowEventsAsync(Collection, last, _limit.Token))
                {
                    if (happened is CollectionEvent.DocumentChanged change)
                    {
                        last = change.Seq;
                        if (change.Status == DocumentStatus.Ready)
                        {
                            _announced[change.DocumentId] = 0;
                        }
                    }
                }
            }
            catch (OperationCanceledException) when (_limit.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _failures.Add($"{DateTime.UtcNow:HH:mm:ss.fff} events: {e}");
                return;
            }
        }
    }

    private RagClient Client() => RagClient.Create(_replicas.Balancer.Address, ApiHost.Key);

    private static UploadFile FileOf(string name) => new(
        $"{name}.txt", new MemoryStream(Encoding.UTF8.GetBytes($"Lighthouse {name} has a lamp of its own, and a keeper who winds it.")), "text/plain");

    private async Task<List<string>> WorkersAsync()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        return await connection.Sql("select distinct worker from jobs where worker is not null").ListAsync(static r => r.GetString(0), default);
    }
}
