using Rag.Testing;
using Rag.Web.Tests.StandIn;

namespace Rag.Web.Tests.Support;

/// <summary>rag-web as a process of its own in front of a stand-in of the API. One per test class.</summary>
public sealed class WebSite : IAsyncLifetime
{
    private ServiceProcess? _process;
    private StandInApi? _api;

    internal StandInState State => _api?.State ?? throw new InvalidOperationException("The site is not started.");

    public Uri Address => _process?.BaseAddress ?? throw new InvalidOperationException("The site is not started.");

    /// <summary>Of the stand-in.</summary>
    public Uri ApiAddress => _api?.Address ?? throw new InvalidOperationException("The site is not started.");

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The site is not started.");

    /// <summary>What the service wrote, for failure messages.</summary>
    public string Output => _process?.Output ?? "";

    /// <param name="api">Where the site finds the API, unless <paramref name="more"/> says otherwise.</param>
    /// <param name="more">Environment.</param>
    public static ServiceProcess StartProcess(Uri api, IReadOnlyDictionary<string, string>? more = null)
    {
        var environment = new Dictionary<string, string> { ["services__rag-api__http__0"] = api.ToString() };
        foreach (var (name, value) in more ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        return ServiceProcess.Start("Rag.Web", "rag-web", environment);
    }

    public async Task InitializeAsync()
    {
        _api = await StandInApi.StartAsync();
        _process = StartProcess(_api.Address);
        await _process.WaitUntilOkAsync("/health/live", TimeSpan.FromSeconds(60));
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (_api is not null)
        {
            await _api.DisposeAsync();
        }
    }
}
