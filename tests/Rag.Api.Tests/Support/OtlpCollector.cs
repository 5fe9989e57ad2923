using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Rag.Testing.Telemetry;

namespace Rag.Api.Tests.Support;

/// <summary>Takes what is exported; the text of names stands in it as it is, so no schema is needed to find it.</summary>
internal sealed class OtlpCollector(WebApplication app, ConcurrentQueue<(string Path, byte[] Body)> received) : IAsyncDisposable
{
    public string Address => app.Urls.Single();

    public HashSet<string> Paths => [.. received.Select(static item => item.Path)];

    public static async Task<OtlpCollector> StartAsync(HttpProtocols protocols = HttpProtocols.Http1)
    {
        var received = new ConcurrentQueue<(string, byte[])>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = protocols));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async context =>
        {
            await using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Enqueue((context.Request.Path.Value!, body.ToArray()));
            if (context.Response.SupportsTrailers())
            {
                // An empty message, and that all went well.
                context.Response.ContentType = "application/grpc";
                await context.Response.Body.WriteAsync(new byte[5]);
                context.Response.AppendTrailer("grpc-status", "0");
            }
        });
        await app.StartAsync();
        return new OtlpCollector(app, received);
    }

    public bool Contains(string path, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return received.Any(item => item.Path == path && item.Body.AsSpan().IndexOf(bytes) >= 0);
    }

    /// <summary>All metrics that arrived over HTTP, those of one name and process once for each export.</summary>
    public IReadOnlyList<OtlpMetric> Metrics() => [.. received.Where(static item => item.Path == "/v1/metrics").SelectMany(static item => OtlpMetric.Read(item.Body))];

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
