using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using RagPlatform.ServiceDefaults.Health;

namespace RagPlatform.ServiceDefaults.Shutdown;

/// <summary>Puts <see cref="KeepAliveMiddleware"/> outside everything that answers.</summary>
internal sealed class KeepAliveFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<KeepAliveMiddleware>();
        next(app);
    };
}

/// <summary>
/// Gets clients off their connections before the process closes them. A load balancer sends no new connection here once it has noticed,
/// but those there are stay, and a request that crosses the close of its connection on the way is lost. So a process that drains ends each
/// connection with its next answer; and every answer says how long an idle connection may be used again, which is less than the delay:
/// whoever was silent throughout it takes a new one.
/// </summary>
internal sealed class KeepAliveMiddleware
{
    // Between the clocks and wires of both sides.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly RequestDelegate _next;
    private readonly Func<object, Task> _onStarting;
    private readonly Draining _draining;
    private readonly StringValues _idle;

    public KeepAliveMiddleware(RequestDelegate next, Draining draining, IOptions<ShutdownOptions> options, IHostEnvironment environment)
    {
        _next = next;
        _draining = draining;
        _onStarting = OnStarting;
        var seconds = (int)(options.Value.DelayIn(environment) - Margin).TotalSeconds;
        _idle = seconds > 0 ? new StringValues(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"timeout={seconds}")) : default;
    }

    public Task InvokeAsync(HttpContext context)
    {
        // HTTP/2 has frames for it, which Kestrel sends.
        if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            context.Response.OnStarting(_onStarting, context.Response);
        }

        return _next(context);
    }

    private Task OnStarting(object state)
    {
        var headers = ((HttpResponse)state).Headers;
        if (_draining.Started)
        {
            headers.Connection = "close";
        }
        else if (headers.Connection.Count == 0 && _idle.Count > 0)
        {
            // Without "Connection: keep-alive", which would hide from the client that Kestrel closes for another reason.
            headers[HeaderNames.KeepAlive] = _idle;
        }

        return Task.CompletedTask;
    }
}
