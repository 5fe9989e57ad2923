using System.Security.Cryptography;
using Rag.Testing;

namespace Rag.Web.Tests.Support;

/// <summary>The whole product as processes on a throw-away PostgreSQL: API, worker and front end.</summary>
public sealed class RealSystem : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private readonly DirectoryInfo _blobs = Directory.CreateTempSubdirectory("rag-web-blobs");
    private readonly List<ServiceProcess> _processes = [];

    public string Key { get; } = "bootstrap-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public string SignInToken { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    public Uri Address => _processes[^1].BaseAddress;

    /// <summary>The last lines of every process, for failure messages.</summary>
    public string Output => string.Join(Environment.NewLine + "---" + Environment.NewLine, _processes.Select(static x => x.Output));

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        var shared = new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = await _postgres.CreateDatabaseAsync(),
            ["Rag__Blobs__Path"] = _blobs.FullName,
        };
        var api = ServiceProcess.Start("Rag.Api", "rag-api", new Dictionary<string, string>(shared) { ["Rag__Auth__BootstrapKey"] = Key, ["Rag__Auth__SignInToken"] = SignInToken });
        _processes.Add(api);
        _processes.Add(ServiceProcess.Start("Rag.Ingest", "rag-ingest", shared));
        _processes.Add(WebSite.StartProcess(api.BaseAddress));
        foreach (var process in _processes)
        {
            await process.WaitUntilOkAsync("/health/ready", TimeSpan.FromSeconds(120));
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes.AsEnumerable().Reverse())
        {
            await process.DisposeAsync();
        }

        await _postgres.DisposeAsync();
        _blobs.Delete(recursive: true);
    }
}
