using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dashboard.Protocol;
using Google.Protobuf;
using HealthStatus = Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus;
using Resource = Aspire.Hosting.Dashboard.Protocol.Resource;

namespace LocalHosting.Tests.Dashboard;

/// <summary>Speaks to the service as the dashboard does: gRPC over HTTP/2 without TLS.</summary>
public sealed class ResourceServiceTests : IAsyncLifetime, IDisposable
{
    private const string Key = "the-key";

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(20));
    private readonly List<string> _commands = [];
    private readonly ResourceNotificationService _notifications = new(WaitBehavior.StopOnResourceUnavailable);
    private readonly ResourceLoggerService _logs = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler()) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    private ResourceService _service = null!;

    public async Task InitializeAsync()
    {
        var commands = new ResourceCommandService((resource, command, _) =>
        {
            _commands.Add($"{command} {resource}");
            if (resource == "broken")
            {
                throw new InvalidOperationException("It cannot be restarted today.");
            }

            return Task.FromResult(new ExecuteCommandResult { Success = resource == "service", Message = resource == "service" ? null : "There is no such resource." });
        });
        _service = await ResourceService.StartAsync("Application", Key, _notifications, _logs, commands, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
    }

    public void Dispose()
    {
        _client.Dispose();
        _notifications.Dispose();
        _timeout.Dispose();
    }

    [Fact]
    public async Task The_application_has_its_name()
    {
        using var response = await CallAsync("GetApplicationInformation", new ApplicationInformationRequest());
        var body = await response.Content.ReadAsByteArrayAsync(_timeout.Token);
        Assert.Equal("Application", ApplicationInformationResponse.Parser.ParseFrom(body[5..]).ApplicationName);
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task A_failure_ends_the_call_with_a_status_of_its_own()
    {
        using var response = await CallAsync("ExecuteResourceCommand", new ResourceCommandRequest { ResourceName = "broken", CommandName = "restart" });
        Assert.Equal("13", await StatusAsync(response));
    }

    [Fact]
    public async Task Whoever_has_not_the_key_gets_nothing()
    {
        using var response = await CallAsync("GetApplicationInformation", new ApplicationInformationRequest(), key: "another");
        Assert.Equal("16", await StatusAsync(response));
    }

    [Fact]
    public async Task An_unknown_call_is_called_unimplemented()
    {
        using var response = await CallAsync("WatchTerminals", new ApplicationInformationRequest());
        Assert.Equal("12", await StatusAsync(response));
    }

    [Fact]
    public async Task Resources_come_with_their_state_and_then_every_change()
    {
        var resource = new ExecutableResource("service", "run", "/");
        await _notifications.PublishUpdateAsync(resource, before => before with
        {
            State = KnownResourceStates.Running,
            StartTimeStamp = DateTime.UtcNow,
            Urls = [new UrlSnapshot("http", "http://localhost:1234", IsInternal: false)],
            EnvironmentVariables = [new EnvironmentVariableSnapshot("NAME", "value", IsFromSpec: true), new EnvironmentVariableSnapshot("EMPTY", null, IsFromSpec: true)],
            Properties =
            [
                new ResourcePropertySnapshot("executable.args", new[] { "a", "b" }),
                new ResourcePropertySnapshot("Value", "hidden") { IsSensitive = true },
            ],
            HealthReports = [new HealthReportSnapshot("check", HealthStatus.Healthy, null, null), new HealthReportSnapshot("pending", null, null, null)],
        });

        using var response = await CallAsync("WatchResources", new WatchResourcesRequest());
        await using var stream = await response.Content.ReadAsStreamAsync(_timeout.Token);
        var known = Assert.Single((await NextAsync(stream, WatchResourcesUpdate.Parser)).InitialData.Resources);
        Assert.Equal(("service", "Executable", "Running"), (known.Name, known.ResourceType, known.State));
        var url = Assert.Single(known.Urls);
        Assert.Equal("http://localhost:1234", url.FullUrl);
        // The dashboard shows nothing at all when one of these is missing.
        Assert.NotNull(url.DisplayProperties);
        Assert.NotNull(known.CreatedAt);
        Assert.Equal(["a", "b"], known.Properties[0].Value.ListValue.Values.Select(value => value.StringValue));
        Assert.DoesNotContain("hidden", known.Properties[1].Value.StringValue, StringComparison.Ordinal);
        Assert.False(known.HealthReports.Single(report => report.Key == "pending").HasStatus);
        Assert.Equal(ResourceCommandState.Enabled, known.Commands.Single(command => command.Name == "stop").State);
        Assert.Equal(ResourceCommandState.Hidden, known.Commands.Single(command => command.Name == "start").State);

        await _notifications.PublishUpdateAsync(resource, before => before with { State = KnownResourceStates.Exited });
        Resource changed;
        do
        {
            changed = Assert.Single((await NextAsync(stream, WatchResourcesUpdate.Parser)).Changes.Value).Upsert;
        }
        while (changed.State != KnownResourceStates.Exited);

        Assert.Equal(ResourceCommandState.Enabled, changed.Commands.Single(command => command.Name == "start").State);
    }

    [Fact]
    public async Task Lines_of_output_are_followed()
    {
        _logs.Write("service", "before", isError: false);
        using var response = await CallAsync("WatchResourceConsoleLogs", new WatchResourceConsoleLogsRequest { ResourceName = "service" });
        await using var stream = await response.Content.ReadAsStreamAsync(_timeout.Token);
        Assert.Equal("before", Assert.Single((await NextAsync(stream, WatchResourceConsoleLogsUpdate.Parser)).LogLines).Text);

        _logs.Write("service", "after", isError: true);
        var line = Assert.Single((await NextAsync(stream, WatchResourceConsoleLogsUpdate.Parser)).LogLines);
        Assert.Equal(("after", true, 2), (line.Text, line.IsStdErr, line.LineNumber));
    }

    [Fact]
    public async Task Commands_are_carried_out_and_failures_explained()
    {
        using var good = await CallAsync("ExecuteResourceCommand", new ResourceCommandRequest { CommandName = "restart", ResourceName = "service" });
        Assert.Equal(ResourceCommandResponseKind.Succeeded, (await ReadAsync(good, ResourceCommandResponse.Parser)).Kind);
        using var bad = await CallAsync("ExecuteResourceCommand", new ResourceCommandRequest { CommandName = "stop", ResourceName = "other" });
        var failed = await ReadAsync(bad, ResourceCommandResponse.Parser);
        Assert.Equal((ResourceCommandResponseKind.Failed, "There is no such resource."), (failed.Kind, failed.Message));
        Assert.Equal(["restart service", "stop other"], _commands);
    }

    private Task<HttpResponseMessage> CallAsync(string method, IMessage message, string key = Key)
    {
        var frame = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)(frame.Length - 5));
        message.WriteTo(frame.AsSpan(5));
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_service.Url}/aspire.v1.DashboardService/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.Add("x-resource-service-api-key", key);
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _timeout.Token);
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, MessageParser<T> parser)
        where T : IMessage<T>
    {
        await using var stream = await response.Content.ReadAsStreamAsync(_timeout.Token);
        return await NextAsync(stream, parser);
    }

    private async Task<T> NextAsync<T>(Stream stream, MessageParser<T> parser)
        where T : IMessage<T>
    {
        var prefix = new byte[5];
        await stream.ReadExactlyAsync(prefix, _timeout.Token);
        var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1))];
        await stream.ReadExactlyAsync(message, _timeout.Token);
        return parser.ParseFrom(message);
    }

    // Trailers come after the body, so that has to be read to its end.
    private async Task<string> StatusAsync(HttpResponseMessage response)
    {
        await response.Content.ReadAsByteArrayAsync(_timeout.Token);
        return Assert.Single(response.TrailingHeaders.GetValues("grpc-status"));
    }
}
