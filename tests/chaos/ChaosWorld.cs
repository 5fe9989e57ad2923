using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Rag.Testing;

namespace Rag.Chaos;

/// <summary>
/// Servers, two APIs and three workers, each a process of its own. Services reach the servers through relays whose connections can be cut;
/// the checks reach them directly.
/// </summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    private const int DiskMegabytes = 24;

    private readonly ChaosSettings _settings;
    private readonly ServiceLog _log;
    private readonly string _key = "chaos-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(20));
    private readonly List<string> _violations = [];
    private string? _folder;

    private ChaosWorld(ChaosSettings settings, ServiceLog log)
    {
        _settings = settings;
        _log = log;
    }

    public PostgresInstance Postgres { get; private set; } = null!;

    public RedisInstance Redis { get; private set; } = null!;

    /// <summary>In the world that has one.</summary>
    public QdrantServer? Vectors { get; private set; }

    /// <summary>In the world that has one.</summary>
    public S3Server? Store { get; private set; }

    /// <summary>The bucket of <see cref="Store"/>.</summary>
    public string Bucket { get; private set; } = "";

    /// <summary>In the world that has one, where it can be mounted.</summary>
    public TinyDisk? Disk { get; private set; }

    public Relay ToPostgres { get; private set; } = null!;

    public Relay ToRedis { get; private set; } = null!;

    public Relay? ToVectors { get; private set; }

    public Relay? ToBucket { get; private set; }

    public IReadOnlyList<Replica> Apis { get; private set; } = [];

    public IReadOnlyList<Replica> Workers { get; private set; } = [];

    /// <summary>Not through the relay.</summary>
    public string Database { get; private set; } = null!;

    /// <summary>Folder of the originals; where they are elsewhere it holds none.</summary>
    public string BlobPath => Disk is { } disk ? Path.Combine(disk.Path, "blobs") : _folder!;

    /// <summary>What a process of ours needs to work on the same stores.</summary>
    public Dictionary<string, string> Settings { get; } = new()
    {
        ["Rag__Embedding__Provider"] = "local",
        ["Rag__Limits__RequestsPerMinute"] = "0",
        ["Rag__Jobs__SweepInterval"] = "00:00:05",
        ["Rag__Shutdown__Delay"] = "00:00:00",
        // A machine that has no time for a child is not the document's fault, and one that hangs is found by its document not coming to rest.
        ["Rag__Extraction__Timeout"] = "00:15:00",
    };

    public static async Task<ChaosWorld> StartAsync(ChaosSettings settings, ServiceLog log, Outcomes outcomes)
    {
        var world = new ChaosWorld(settings, log);
        try
        {
            await world.StartServersAsync();
            world.StartServices(outcomes);
            foreach (var replica in world.Apis.Concat(world.Workers))
            {
                await replica.ReadyAsync();
            }

            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL; what it knows of the contract is asked for first.</summary>
    public async Task KillVectorsAsync()
    {
        _violations.AddRange(await Vectors!.ViolationsAsync());
        await Vectors.KillAsync();
    }

    /// <summary>Everything that went to or came from the vector server against its description.</summary>
    public async Task<IReadOnlyList<string>> ViolationsAsync() =>
        Vectors is null ? [] : [.. _violations, .. await Vectors.ViolationsAsync()];

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in Apis.Concat(Workers))
        {
            await replica.DisposeAsync();
        }

        foreach (var part in (IAsyncDisposable?[])[ToPostgres, ToRedis, ToVectors, ToBucket, Vectors, Store, Redis, Postgres, Disk])
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task StartServersAsync()
    {
        // Durable: what it acknowledged must be there after it was killed.
        Postgres = await PostgresInstance.StartAsync(durable: true);
        Database = await Postgres.CreateDatabaseAsync();
        ToPostgres = Open(Postgres.Port);
        Redis = await RedisInstance.StartAsync();
        ToRedis = Open(int.Parse(Redis.Address.Split(':')[1], CultureInfo.InvariantCulture));
        Settings["ConnectionStrings__ragdb"] = new NpgsqlConnectionStringBuilder(Database) { Port = ToPostgres.Port }.ConnectionString;
        Settings["ConnectionStrings__cache"] = $"127.0.0.1:{ToRedis.Port},password={Redis.Password}";
        var secrets = new Dictionary<string, string> { ["PostgreSQL's password"] = Postgres.Password, ["Redis' password"] = Redis.Password, ["the first key"] = _key };
        if (_settings.Stores == ChaosStores.Qdrant)
        {
            _folder = Directory.CreateTempSubdirectory("rag-chaos-blobs-").FullName;
            Vectors = await QdrantServer.StartAsync();
            ToVectors = Open(Vectors.Url.Port);
            secrets["the vector server's key"] = Vectors.ApiKey;
            Settings["ConnectionStrings__vectors_http"] = $"Endpoint=http://127.0.0.1:{ToVectors.Port};Key={Vectors.ApiKey}";
            Settings["Rag__Index__Provider"] = "qdrant";
            Settings["Rag__Index__Qdrant__Prefix"] = Vectors.Prefix;
            Settings["Rag__Blobs__Provider"] = "postgres";
        }
        else if (_settings.Stores == ChaosStores.Bucket)
        {
            // Not killed: it has no process that makes its listings right afterwards.
            _folder = Directory.CreateTempSubdirectory("rag-chaos-blobs-").FullName;
            Store = await S3Server.StartAsync();
            Bucket = await Store.CreateBucketAsync();
            ToBucket = Open(Store.Url.Port);
            secrets["the object store's key"] = Store.SecretAccessKey;
            foreach (var (name, value) in Store.Variables(Bucket, _folder))
            {
                Settings[name] = value;
            }

            Settings["Rag__Blobs__S3__Endpoint"] = $"http://127.0.0.1:{ToBucket.Port}";
        }
        else if (TinyDisk.Refusal is null)
        {
            Disk = await TinyDisk.MountAsync(DiskMegabytes);
        }
        else
        {
            _folder = Directory.CreateTempSubdirectory("rag-chaos-blobs-").FullName;
        }

        Directory.CreateDirectory(BlobPath);
        Settings["Rag__Blobs__Path"] = BlobPath;
        _log.Watch(secrets);
    }

    private void StartServices(Outcomes outcomes)
    {
        Apis = [.. Enumerable.Range(0, ChaosSettings.Apis).Select(i => Create("Rag.Api", "rag-api", i, new Dictionary<string, string>(Settings) { ["Rag__Auth__BootstrapKey"] = _key }))];
        Workers = [.. Enumerable.Range(0, ChaosSettings.Workers).Select(i => Create("Rag.Ingest", "rag-ingest", i, Settings))];
        foreach (var replica in Apis.Concat(Workers))
        {
            replica.Start();
        }

        Replica Create(string project, string assembly, int number, IReadOnlyDictionary<string, string> environment)
        {
            var name = $"{assembly}-{number}";
            return new Replica(name, () => ServiceProcess.Start(project, assembly, environment, line => _log.Line(name, line)), _key, outcomes);
        }
    }

    private static Relay Open(int target)
    {
        var relay = new Relay(target);
        relay.Open();
        return relay;
    }
}
