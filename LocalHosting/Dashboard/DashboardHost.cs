using System.Globalization;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Orchestration.Endpoints;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// Runs the Aspire dashboard beside the application: a browser token guards its pages, an API key its telemetry, another one our resource
/// service. Keys are new in every run and travel in environments only.
/// </summary>
internal sealed class DashboardHost : IAsyncDisposable
{
    private const string Name = "aspire-dashboard";
    private const int UsualPort = 18888;

    private const int MaxFailures = 3;
    private const int ShownLines = 5;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stopping = new();
    private readonly LastLines _lastLines = new(ShownLines);
    private int _failures;
    private readonly ResourceService _resourceService;
    private readonly Task _running;
    private readonly Task _announcing;

    private DashboardHost(ResourceService resourceService, ChildSpecification process, OtlpTarget otlp, Uri address, string token, RunContext context)
    {
        _resourceService = resourceService;
        Otlp = otlp;
        _running = new Supervisor
        {
            Specification = _ => Task.FromResult(process),
            OnLine = new Output(context, _lastLines).Write,
            // Restarted a few times, not for ever: what ends by itself again and again (a version that does not know an option) stays so.
            IsCrash = exitCode => exitCode != 0 && ++_failures < MaxFailures,
            OnChange = change =>
            {
                if (change is { ExitCode: { } exitCode and not 0, WasAsked: false })
                {
                    var next = change.RestartsIn is { } wait ? FormattableString.Invariant($"starting again in {wait.TotalSeconds:0.#} s") : "not started again; everything else runs";
                    context.Log("host", $"The dashboard ended with exit code {exitCode}; {next}. Its last lines:{Environment.NewLine}{_lastLines}", isError: true);
                }

                if (change is { Problem: { } problem })
                {
                    context.Log(Name, problem, isError: true);
                }

                return Task.CompletedTask;
            },
            Records = context.Records,
        }.RunAsync(_stopping.Token);
        _announcing = AnnounceAsync(address, token, context);
    }

    /// <summary>Where services send telemetry.</summary>
    public OtlpTarget Otlp { get; }

    /// <summary>Starts it if its program is there; else says how to get it. Does not wait for it to come up.</summary>
    public static async Task<DashboardHost?> StartAsync(
        string applicationName, RunContext context, ResourceCommandService commands, bool randomPorts, CancellationToken cancellationToken)
    {
        if (await DashboardProgram.FindUsableAsync(context.Tools, cancellationToken) is not { } program)
        {
            context.Log("host", DashboardProgram.HowToGetIt.Replace("@microsoft/aspire-cli-<platform>", DashboardProgram.Package, StringComparison.Ordinal));
            return null;
        }

        var (browserToken, otlpKey, resourceKey) = (Secret(), Secret(), Secret());
        var resources = await ResourceService.StartAsync(applicationName, resourceKey, context.Notifications, context.Logs, commands, cancellationToken);
        var ports = FreePorts(randomPorts ? null : UsualPort, context);
        var address = new Uri(Local(ports[0]));
        var environment = ChildEnvironment.ForService();
        // The dashboard is a web application of its own: our environment's name is not about it.
        environment.Remove("ASPNETCORE_ENVIRONMENT");
        environment.Remove("DOTNET_ENVIRONMENT");
        ChildEnvironment.RemoveTelemetry(environment);
        foreach (var (name, value) in Settings(browserToken, otlpKey, resourceKey, resources.Url))
        {
            environment[name] = value;
        }

        var process = new ChildSpecification
        {
            Name = Name,
            FileName = program,
            Arguments =
            [
                "dashboard", "run", "--non-interactive", "--nologo",
                "--frontend-url", Local(ports[0]), "--otlp-grpc-url", Local(ports[1]), "--otlp-http-url", Local(ports[2]),
            ],
            WorkingDirectory = context.State.Path,
            Environment = environment,
            StopTimeout = TimeSpan.FromSeconds(5),
        };
        return new DashboardHost(resources, process, new OtlpTarget(Local(ports[1]), "grpc", otlpKey), address, browserToken, context);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        await _announcing;
        await _resourceService.DisposeAsync();
        _stopping.Dispose();
    }

    // The configuration keys of the dashboard (its documentation's "dashboard configuration").
    private static IEnumerable<KeyValuePair<string, string>> Settings(string browserToken, string otlpKey, string resourceKey, string resourceUrl) =>
    [
        new("DASHBOARD__FRONTEND__AUTHMODE", "BrowserToken"),
        new("DASHBOARD__FRONTEND__BROWSERTOKEN", browserToken),
        new("DASHBOARD__OTLP__AUTHMODE", "ApiKey"),
        new("DASHBOARD__OTLP__PRIMARYAPIKEY", otlpKey),
        new("DASHBOARD__RESOURCESERVICECLIENT__URL", resourceUrl),
        new("DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE", "ApiKey"),
        new("DASHBOARD__RESOURCESERVICECLIENT__APIKEY", resourceKey),
        new("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
        new("ASPIRE_CLI_TELEMETRY_OPTOUT", "true"),
        new("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
    ];

    private async Task AnnounceAsync(Uri address, string token, RunContext context)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(StartTimeout);
        try
        {
            while (true)
            {
                try
                {
                    if (_running.IsCompleted)
                    {
                        return;
                    }

                    using var response = await http.GetAsync(new Uri(address, "/login"), patience.Token);
                    context.Log("host", $"Dashboard: {address.GetLeftPart(UriPartial.Authority)}/login?t={token}");
                    return;
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !patience.IsCancellationRequested)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(250), patience.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (!_stopping.IsCancellationRequested)
            {
                context.Log("host", $"The dashboard does not answer on {address}; everything else runs. Its log is in the resource '{Name}'.", isError: true);
            }
        }
    }

    // Held until all are chosen, so that no two are the same.
    private static int[] FreePorts(int? frontend, RunContext context)
    {
        using var first = LoopbackListener.Open(frontend, "the dashboard", line => context.Log("host", line));
        using var second = LoopbackListener.Open(null, "", static _ => { });
        using var third = LoopbackListener.Open(null, "", static _ => { });
        return [first.Port, second.Port, third.Port];
    }

    /// <summary>All its lines go to its log; its errors to the terminal as well.</summary>
    private sealed class Output(RunContext context, LastLines lastLines)
    {
        private bool _isFailure;

        // The console format of .NET: "fail: Category[0]", then lines that are indented.
        public void Write(string line, bool isError)
        {
            context.Logs.Write(Name, line, isError);
            lastLines.Add(line);
            if (!line.StartsWith("      ", StringComparison.Ordinal))
            {
                _isFailure = line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal);
            }

            if (_isFailure)
            {
                context.Console?.Write(Name, line, isError: true);
            }
        }
    }

    private static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");

    private static string Secret() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16)).ToLowerInvariant();
}
