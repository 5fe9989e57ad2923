using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Orchestration.Processes;
using Npgsql;

namespace Aspire.Hosting.Native;

/// <summary>
/// One PostgreSQL server of ours: its own data directory, loopback only, password by scram. Start and stop it; the data stays.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly PostgresServerOptions _options;
    private readonly ChildProcess _process;

    private PostgresServer(PostgresServerOptions options, ChildProcess process)
    {
        _options = options;
        _process = process;
    }

    /// <summary>Process id of the server.</summary>
    public int ProcessId => _process.ProcessId;

    /// <summary>Completes when the server process ends.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.Completion.WaitAsync(cancellationToken);

    /// <summary>Initialises the data directory if it is new, starts the server and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">The programs are missing or the server did not come up; the message has its last lines.</exception>
    public static async Task<PostgresServer> StartAsync(PostgresServerOptions options, Action<string> log, CancellationToken cancellationToken)
    {
        await PostgresCluster.PrepareAsync(options, cancellationToken);
        var tail = new LastLines(20);
        var process = ChildProcess.Start(PostgresCluster.Specification(options), records: null, (line, _) =>
        {
            tail.Add(line);
            log(line);
        });
        try
        {
            await UntilItAnswersAsync(options, process, tail, cancellationToken);
            return new PostgresServer(options, process);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string to <paramref name="database"/> on this server.</summary>
    public string ConnectionString(string database) => ConnectionString(_options, database);

    /// <summary>Fast shutdown: sessions are ended, data is flushed. Kills the server only if it does not follow in time.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>SIGKILL to the server and every session, as a crashed machine would; returns when nothing of it is left.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.DisposeAsync();
    }

    internal static string ConnectionString(PostgresServerOptions options, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = IPAddress.Loopback.ToString(),
        Port = options.Port,
        Username = options.UserName,
        Password = options.Password,
        Database = database,
    }.ConnectionString;

    private static async Task UntilItAnswersAsync(PostgresServerOptions options, ChildProcess process, LastLines tail, CancellationToken cancellationToken)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            if (process.Completion.IsCompleted)
            {
                throw new InvalidOperationException(
                    $"PostgreSQL ended at start with exit code {await process.Completion}:{Environment.NewLine}{tail}");
            }

            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString(options, "postgres") + ";Pooling=false;Timeout=2");
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
            {
                throw new InvalidOperationException($"The data in '{options.DataDirectory}' has another password for '{options.UserName}'.", e);
            }
            catch (Exception e) when (e is NpgsqlException or SocketException && deadline.Elapsed < StartTimeout)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), cancellationToken);
            }
        }
    }
}
