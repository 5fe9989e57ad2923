namespace Rag.Testing;

/// <summary>
/// API and worker processes with a <see cref="Balancer"/> before the APIs, replaced one after the other as a deployment replaces its
/// pods: the new one has to be ready before the old one is asked to go.
/// </summary>
public sealed class Replicas : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly IReadOnlyDictionary<string, string> _ofApis;
    private readonly ServiceProcess[] _apis;
    private readonly ServiceProcess[] _workers;
    private readonly List<ServiceProcess> _started = [];

    private Replicas(IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> ofApis, int apis, int workers)
    {
        _environment = environment;
        _ofApis = new Dictionary<string, string>(environment.Concat(ofApis));
        _apis = new ServiceProcess[apis];
        _workers = new ServiceProcess[workers];
    }

    /// <summary>What clients connect to.</summary>
    public Balancer Balancer { get; } = Balancer.Start();

    /// <summary>Those that serve now.</summary>
    public IReadOnlyList<ServiceProcess> Apis => _apis;

    /// <summary>Those that work now.</summary>
    public IReadOnlyList<ServiceProcess> Workers => _workers;

    /// <summary>Every process that was ever started, the ended ones too.</summary>
    public IReadOnlyList<ServiceProcess> Started
    {
        get
        {
            lock (_started)
            {
                return [.. _started];
            }
        }
    }

    /// <summary>Starts them and waits until all are ready, the APIs in rotation.</summary>
    /// <param name="environment">Of every process, as for <see cref="ServiceProcess.Start"/>.</param>
    /// <param name="ofApis">Of the APIs, beside that.</param>
    /// <param name="apis">How many.</param>
    /// <param name="workers">How many.</param>
    public static async Task<Replicas> StartAsync(
        IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> ofApis, int apis, int workers)
    {
        var replicas = new Replicas(environment, ofApis, apis, workers);
        try
        {
            // One after the other at first: the first brings the database up to date.
            for (var i = 0; i < apis; i++)
            {
                replicas._apis[i] = await replicas.StartApiAsync();
            }

            for (var i = 0; i < workers; i++)
            {
                replicas._workers[i] = await replicas.StartWorkerAsync();
            }

            return replicas;
        }
        catch
        {
            await replicas.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replaces every process, APIs and workers at the same time as they are deployments of their own.</summary>
    public Task RollAsync() => Task.WhenAll(RollAsync(_apis, StartApiAsync), RollAsync(_workers, StartWorkerAsync));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in Started)
        {
            await process.DisposeAsync();
        }

        await Balancer.DisposeAsync();
    }

    private static async Task RollAsync(ServiceProcess[] processes, Func<Task<ServiceProcess>> startAsync)
    {
        for (var i = 0; i < processes.Length; i++)
        {
            var old = processes[i];
            processes[i] = await startAsync();
            await old.TerminateAsync(Limit);
        }
    }

    private async Task<ServiceProcess> StartApiAsync()
    {
        var api = await StartAsync("Rag.Api", "rag-api", _ofApis);
        Balancer.Add(api.BaseAddress);
        await Eventually.TrueAsync(() => Task.FromResult(Balancer.IsInRotation(api.BaseAddress)), Limit, $"{api.BaseAddress} is in rotation");
        return api;
    }

    private Task<ServiceProcess> StartWorkerAsync() => StartAsync("Rag.Ingest", "rag-ingest", _environment);

    private async Task<ServiceProcess> StartAsync(string project, string assembly, IReadOnlyDictionary<string, string> environment)
    {
        var process = ServiceProcess.Start(project, assembly, environment);
        lock (_started)
        {
            _started.Add(process);
        }

        await process.WaitUntilOkAsync("/health/ready", Limit);
        return process;
    }
}
