using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Processes;
using StackExchange.Redis;

namespace Rag.Testing;

/// <summary>A real Redis (or Valkey) on a free loopback port, with a password, which can be killed and started again, empty then.</summary>
public sealed class RedisInstance : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"rag-test-redis-{Guid.NewGuid():N}");
    private readonly RedisServerOptions _options;
    private ChildProcess? _process;

    private RedisInstance() => _options = new RedisServerOptions
    {
        Program = RedisServer.Find()
            ?? throw new InvalidOperationException("Redis or Valkey is needed here. './rag test' installs it; by hand it is the package 'redis-server'."),
        DataDirectory = _directory,
        Port = FreePort.Next(),
        Password = Convert.ToHexString(RandomNumberGenerator.GetBytes(12)),
    };

    /// <summary>As an AppHost injects it.</summary>
    public string ConnectionString => $"{Address},password={Password}";

    /// <summary><c>host:port</c>, without the password.</summary>
    public string Address => $"127.0.0.1:{_options.Port}";

    /// <summary>What the server asks for.</summary>
    public string Password => _options.Password!;

    /// <summary>Starts one and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">Redis is not installed, or did not start.</exception>
    public static async Task<RedisInstance> StartAsync()
    {
        var instance = new RedisInstance();
        await instance.StartAgainAsync();
        return instance;
    }

    /// <summary>SIGKILL, as a crashed machine would.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.DisposeAsync();
            _process = null;
        }
    }

    /// <summary>Starts it after it was killed: same address, same password, no data.</summary>
    public async Task StartAgainAsync()
    {
        var specification = await RedisServer.PrepareAsync(_options, CancellationToken.None);
        _process = ChildProcess.Start(specification, records: null, static (_, _) => { });
        using var limit = new CancellationTokenSource(Limit);
        while (!await IsListeningAsync())
        {
            if (_process.Completion.IsCompleted || limit.IsCancellationRequested)
            {
                throw new InvalidOperationException($"Redis did not start at {Address}.");
            }

            await Task.Delay(10);
        }

        await RunAsync((database, _) => database.PingAsync());
    }

    /// <summary>Runs something on a connection of the test's own, with every right.</summary>
    public async Task<T> RunAsync<T>(Func<IDatabase, IServer, Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var settings = ConfigurationOptions.Parse(ConnectionString);
        settings.AllowAdmin = true;
        settings.ConnectTimeout = 5000;
        var connection = await ConnectionMultiplexer.ConnectAsync(settings);
        try
        {
            return await work(connection.GetDatabase(), connection.GetServer(Address)).WaitAsync(Limit);
        }
        finally
        {
            // Disposing waits a second for commands that there are none of.
            await connection.CloseAsync(allowCommandsToComplete: false);
        }
    }

    /// <summary>Everything in it: each key with its value's bytes, whatever its type.</summary>
    public Task<IReadOnlyDictionary<string, byte[]>> DumpAsync() => RunAsync(async (database, server) =>
    {
        var all = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var key in server.Keys(pageSize: 1000).ToList())
        {
            all[key.ToString()] = await database.KeyTypeAsync(key) == RedisType.Hash
                ? [.. (await database.HashGetAllAsync(key)).SelectMany(static field => ((byte[])field.Name!).Concat((byte[])field.Value!))]
                : (byte[]?)await database.StringGetAsync(key) ?? [];
        }

        return (IReadOnlyDictionary<string, byte[]>)all;
    });

    // By hand: the client takes its time after a refused connection.
    private async Task<bool> IsListeningAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _options.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Ends it and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
