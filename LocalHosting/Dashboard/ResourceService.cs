using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.Protocol;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// Tells a dashboard about the resources, and carries out what it asks for: gRPC on a loopback port, behind an API key. The packages for
/// gRPC are not needed for five calls, see <see cref="GrpcFraming"/>.
/// </summary>
internal sealed class ResourceService : IAsyncDisposable
{
    private const string ApiKeyHeader = "x-resource-service-api-key";

    private readonly WebApplication _server;
    private readonly string _applicationName;
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _logs;
    private readonly ResourceCommandService _commands;

    private ResourceService(
        WebApplication server, string applicationName, ResourceNotificationService notifications, ResourceLoggerService logs, ResourceCommandService commands)
    {
        _server = server;
        _applicationName = applicationName;
        _notifications = notifications;
        _logs = logs;
        _commands = commands;
    }

    /// <summary>Where it listens.</summary>
    public string Url => _server.Urls.First();

    public static async Task<ResourceService> StartAsync(
        string applicationName,
        string apiKey,
        ResourceNotificationService notifications,
        ResourceLoggerService logs,
        ResourceCommandService commands,
        CancellationToken cancellationToken)
    {
        // Empty on purpose: no configuration of the app host, its ports above all, may reach this little server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        var server = builder.Build();
        var service = new ResourceService(server, applicationName, notifications, logs, commands);
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes(apiKey));
        server.Run(context => service.ServeAsync(context, expected));
        await server.StartAsync(cancellationToken);
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        // Streams never end by themselves, so there is nothing to be patient for.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context, byte[] expectedKeyHash)
    {
        var (request, response, cancelled) = (context.Request, context.Response, context.RequestAborted);
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers[ApiKeyHeader].ToString()));
        await GrpcFraming.BeginAsync(response, cancelled);
        if (!CryptographicOperations.FixedTimeEquals(given, expectedKeyHash))
        {
            GrpcFraming.End(response, GrpcStatus.Unauthenticated, "The API key is missing or wrong.");
            return;
        }

        try
        {
            var known = await DispatchAsync(request, response, cancelled);
            GrpcFraming.End(response, known ? GrpcStatus.Ok : GrpcStatus.Unimplemented);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException or EndOfStreamException)
        {
            GrpcFraming.End(response, GrpcStatus.InvalidArgument, "The request is not a message of this protocol.");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The dashboard went away, or the application ends.
            GrpcFraming.End(response, GrpcStatus.Ok);
        }
        catch (Exception e)
        {
            // Without a status the dashboard would only know that a stream broke off.
            _logs.Write("host", $"The dashboard's request '{request.Path}' failed: {e.Message}", isError: true);
            GrpcFraming.End(response, GrpcStatus.Internal, e.Message);
        }
    }

    private async Task<bool> DispatchAsync(HttpRequest request, HttpResponse response, CancellationToken cancelled)
    {
        const string Service = "/aspire.v1.DashboardService/";
        switch (request.Path.Value)
        {
            case Service + "GetApplicationInformation":
                await GrpcFraming.WriteAsync(response, new ApplicationInformationResponse { ApplicationName = _applicationName }, cancelled);
                return true;
            case Service + "WatchResources":
                await WatchResourcesAsync(response, cancelled);
                return true;
            case Service + "WatchResourceConsoleLogs":
                await WatchLogsAsync(await GrpcFraming.ReadAsync(request, WatchResourceConsoleLogsRequest.Parser, cancelled), response, cancelled);
                return true;
            case Service + "ExecuteResourceCommand":
                await ExecuteAsync(await GrpcFraming.ReadAsync(request, ResourceCommandRequest.Parser, cancelled), response, cancelled);
                return true;
            case Service + "WatchInteractions":
                // There are no dialogs here; the dashboard expects the stream to stay open.
                await Task.Delay(Timeout.Infinite, cancelled);
                return true;
            default:
                return false;
        }
    }

    private async Task WatchResourcesAsync(HttpResponse response, CancellationToken cancelled)
    {
        // First one message with all that is known, then changes. What is known comes once more with them, which does no harm.
        var initial = new InitialResourceData();
        initial.Resources.AddRange(_notifications.Current().Select(ResourceMessages.From));
        await GrpcFraming.WriteAsync(response, new WatchResourcesUpdate { InitialData = initial }, cancelled);
        await foreach (var update in _notifications.WatchAsync(cancelled))
        {
            var changes = new WatchResourcesChanges();
            changes.Value.Add(new WatchResourcesChange { Upsert = ResourceMessages.From(update) });
            await GrpcFraming.WriteAsync(response, new WatchResourcesUpdate { Changes = changes }, cancelled);
        }
    }

    private async Task WatchLogsAsync(WatchResourceConsoleLogsRequest request, HttpResponse response, CancellationToken cancelled)
    {
        await foreach (var lines in _logs.WatchAsync(request.ResourceName).WithCancellation(cancelled))
        {
            var update = new WatchResourceConsoleLogsUpdate();
            update.LogLines.AddRange(lines.Select(line => new ConsoleLogLine
            {
                Text = line.Content,
                LineNumber = line.LineNumber,
                IsStdErr = line.IsErrorMessage,
            }));
            await GrpcFraming.WriteAsync(response, update, cancelled);
            if (request.SuppressFollow)
            {
                return;
            }
        }
    }

    private async Task ExecuteAsync(ResourceCommandRequest request, HttpResponse response, CancellationToken cancelled)
    {
        // A person who closes the page after pressing the button still means it.
        var result = await _commands.ExecuteCommandAsync(request.ResourceName, request.CommandName, CancellationToken.None);
        var message = new ResourceCommandResponse
        {
            Kind = result.Success ? ResourceCommandResponseKind.Succeeded
                : result.Canceled ? ResourceCommandResponseKind.Cancelled
                : ResourceCommandResponseKind.Failed,
        };
        if (result.Message is { } text)
        {
            message.Message = text;
        }

        await GrpcFraming.WriteAsync(response, message, cancelled);
    }
}
