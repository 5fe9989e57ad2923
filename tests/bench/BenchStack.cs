using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Rag.Client;
using Rag.Testing;

namespace Rag.Bench;

/// <summary>PostgreSQL with its own durable settings, one API and one worker, each a process of its own, as a laptop runs them.</summary>
internal sealed class BenchStack : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    private readonly PostgresInstance _postgres;
    private readonly string _blobs;
    private readonly string _key = "bench-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(20));
    private readonly Dictionary<string, string> _environment;

    private BenchStack(PostgresInstance postgres, string connectionString, string embedding, OtlpHistograms metrics)
    {
        _postgres = postgres;
        Metrics = metrics;
        _blobs = Directory.CreateTempSubdirectory("rag-bench-blobs-").FullName;
        _environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = connectionString,
            ["Rag__Blobs__Path"] = _blobs,
            ["Rag__Auth__BootstrapKey"] = _key,
            ["Rag__Embedding__Provider"] = embedding,
            ["Rag__Limits__RequestsPerMinute"] = "0",
            ["Logging__LogLevel__Default"] = "Warning",
            // What it says of the collections that it loads.
            ["Logging__LogLevel__Rag.Core.Indexing"] = "Information",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = metrics.Endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
        };
    }

    /// <summary>What the services reported.</summary>
    public OtlpHistograms Metrics { get; }

    /// <summary>The API.</summary>
    public ServiceProcess Api { get; private set; } = null!;

    /// <summary>The worker.</summary>
    public ServiceProcess Worker { get; private set; } = null!;

    /// <summary>Talks to <see cref="Api"/> with the right to do everything.</summary>
    public RagClient Client { get; private set; } = null!;

    /// <summary>Starts everything and waits until it is ready.</summary>
    /// <param name="embedding"><c>none</c> or <c>local</c>.</param>
    public static async Task<BenchStack> StartAsync(string embedding)
    {
        var postgres = await PostgresInstance.StartAsync(durable: true);
        var stack = new BenchStack(postgres, await postgres.CreateDatabaseAsync(), embedding, await OtlpHistograms.StartAsync());
        await stack.StartApiAsync();
        stack.Worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", stack._environment);
        await stack.Worker.WaitUntilOkAsync("/health/ready", StartTimeout);
        return stack;
    }

    /// <summary>Starts the API (again) and returns the time from the start of the process to the first 200 of its readiness.</summary>
    /// <param name="embedding">Another provider than the stack's.</param>
    public async Task<TimeSpan> StartApiAsync(string? embedding = null)
    {
        if (Api is not null)
        {
            await Api.TerminateAsync(StartTimeout);
            await Api.DisposeAsync();
        }

        var watch = Stopwatch.StartNew();
        Api = ServiceProcess.Start("Rag.Api", "rag-api", new Dictionary<string, string>(_environment)
        {
            ["Rag__Embedding__Provider"] = embedding ?? _environment["Rag__Embedding__Provider"],
        });
        await Api.WaitUntilOkAsync("/health/ready", StartTimeout);
        var elapsed = watch.Elapsed;
        Client = RagClient.Create(Api.BaseAddress, _key);
        return elapsed;
    }

    /// <summary>Resident memory of a process in MiB: VmRSS of /proc/PID/status, or what the platform calls the working set.</summary>
    public static double ResidentMiB(int processId)
    {
        var status = $"/proc/{processId}/status";
        if (File.Exists(status))
        {
            var line = File.ReadLines(status).First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }

        using var process = Process.GetProcessById(processId);
        return process.WorkingSet64 / 1024.0 / 1024.0;
    }

    /// <summary>What PostgreSQL would do for minutes after so much was written, beside what is measured.</summary>
    public async Task SettleAsync()
    {
        await using var connection = new NpgsqlConnection(_environment["ConnectionStrings__ragdb"]);
        await connection.OpenAsync();
        foreach (var statement in (string[])["vacuum analyze", "checkpoint"])
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Api.DisposeAsync();
        await _postgres.DisposeAsync();
        await Metrics.DisposeAsync();
        Directory.Delete(_blobs, recursive: true);
    }
}
