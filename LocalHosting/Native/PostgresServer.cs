using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Aspire.Hosting.Native;

/// <summary>
/// One PostgreSQL server of ours: its own data directory, loopback only, password by scram. Start and stop it; the data stays.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);

    private readonly PostgresServerOptions _options;
    private readonly Action<string> _log;
    private Process? _process;

    private PostgresServer(PostgresServerOptions options, Action<string> log)
    {
        _options = options;
        _log = log;
    }

    /// <summary>Process id of the running server.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>Completes when the server process ends.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) =>
        _process?.WaitForExitAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Initialises the data directory if it is new, starts the server and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">The programs are missing or the server did not come up; the message has its last lines.</exception>
    public static async Task<PostgresServer> StartAsync(PostgresServerOptions options, Action<string> log, CancellationToken cancellationToken)
    {
        var server = new PostgresServer(options, log);
        try
        {
            await server.InitialiseAsync(cancellationToken);
            await server.StartProcessAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string to <paramref name="database"/> on this server.</summary>
    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = IPAddress.Loopback.ToString(),
        Port = _options.Port,
        Username = _options.UserName,
        Password = _options.Password,
        Database = database,
    }.ConnectionString;

    /// <summary>Fast shutdown: sessions are ended, data is flushed. Kills the server only if it does not follow in time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        if (!process.HasExited)
        {
            // SIGINT is PostgreSQL's "fast shutdown": it does not wait for clients to leave.
            using var signal = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var timeout = new CancellationTokenSource(StopTimeout);
            try
            {
                await process.WaitForExitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private async Task InitialiseAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(Path.Combine(_options.DataDirectory, "PG_VERSION")))
        {
            return;
        }

        ServerAccount.PrepareDirectory(_options.DataDirectory);
        // initdb reads the password from a file it must own; the file lives only as long as initdb does.
        var passwordFile = Path.Combine(Path.GetTempPath(), $"rag-pw-{Guid.NewGuid():N}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using (var file = new FileStream(passwordFile, options))
            {
                await file.WriteAsync(Encoding.UTF8.GetBytes(_options.Password), cancellationToken);
            }

            ServerAccount.GiveAway(passwordFile);
            var start = ServerAccount.Start(
                Path.Combine(_options.BinDirectory, "initdb"),
                "-D", _options.DataDirectory,
                "-U", _options.UserName,
                $"--pwfile={passwordFile}",
                "--auth-host=scram-sha-256",
                "--auth-local=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8");
            start.WorkingDirectory = _options.DataDirectory;
            using var initdb = Process.Start(start) ?? throw new InvalidOperationException("'initdb' could not be started.");
            var output = initdb.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = initdb.StandardError.ReadToEndAsync(cancellationToken);
            await initdb.WaitForExitAsync(cancellationToken);
            if (initdb.ExitCode != 0)
            {
                throw new InvalidOperationException(
                    $"PostgreSQL could not initialise '{_options.DataDirectory}': {(await error).Trim()} {(await output).Trim()}");
            }
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    private async Task StartProcessAsync(CancellationToken cancellationToken)
    {
        List<string> arguments =
        [
            "-D", _options.DataDirectory,
            "-p", _options.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1",
            // No socket file: a second instance must not collide in a shared directory, and everything here speaks TCP.
            "-c", "unix_socket_directories=",
            "-c", "max_connections=200",
        ];
        foreach (var (name, value) in _options.Settings)
        {
            arguments.Add("-c");
            arguments.Add($"{name}={value}");
        }

        var start = ServerAccount.Start(Path.Combine(_options.BinDirectory, "postgres"), arguments);
        start.WorkingDirectory = _options.DataDirectory;
        var process = Process.Start(start) ?? throw new InvalidOperationException("'postgres' could not be started.");
        _process = process;

        var tail = new Queue<string>();
        void OnLine(string? line)
        {
            if (line is null)
            {
                return;
            }

            lock (tail)
            {
                tail.Enqueue(line);
                if (tail.Count > 20)
                {
                    tail.Dequeue();
                }
            }

            _log(line);
        }

        process.OutputDataReceived += (_, e) => OnLine(e.Data);
        process.ErrorDataReceived += (_, e) => OnLine(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        var deadline = Stopwatch.StartNew();
        while (true)
        {
            if (process.HasExited)
            {
                string lines;
                lock (tail)
                {
                    lines = string.Join(Environment.NewLine, tail);
                }

                throw new InvalidOperationException($"PostgreSQL ended at start with exit code {process.ExitCode}:{Environment.NewLine}{lines}");
            }

            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=2");
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or SocketException && deadline.Elapsed < StartTimeout)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }
}

/// <summary>What a server needs.</summary>
internal sealed record PostgresServerOptions
{
    /// <summary>Folder with <c>postgres</c> and <c>initdb</c>.</summary>
    public required string BinDirectory { get; init; }

    /// <summary>Created and initialised when it is missing; owned by the server account.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>On 127.0.0.1.</summary>
    public required int Port { get; init; }

    /// <summary>Password of <see cref="UserName"/>; set once at initialisation.</summary>
    public required string Password { get; init; }

    /// <summary>The superuser.</summary>
    public string UserName { get; init; } = "postgres";

    /// <summary>Server settings beyond the defaults.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
