using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rag.Bench;

/// <summary>
/// Receives metrics by OTLP over HTTP and keeps the newest count and sum of every histogram, so that the bench reads what the services
/// really report. Field numbers are those of opentelemetry/proto/metrics/v1/metrics.proto.
/// </summary>
internal sealed class OtlpHistograms : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<(string Metric, string Attributes), (ulong Count, double Sum)> _values = new();

    private OtlpHistograms(WebApplication app) => _app = app;

    /// <summary>What <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> must be.</summary>
    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<OtlpHistograms> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new OtlpHistograms(app);
        app.MapPost("/v1/metrics", async context =>
        {
            await using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            receiver.ReadRequest(body.ToArray());
            context.Response.ContentType = "application/x-protobuf";
        });
        app.MapFallback(context => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Count and sum by attributes of one histogram.</summary>
    public IEnumerable<(string Attributes, ulong Count, double Sum)> Of(string metric) => _values
        .Where(entry => entry.Key.Metric == metric)
        .Select(entry => (entry.Key.Attributes, entry.Value.Count, entry.Value.Sum));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void Read(byte[] message, Action<int, CodedInputStream> field)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
        {
            var before = input.Position;
            field(WireFormat.GetTagFieldNumber(tag), input);
            if (input.Position == before)
            {
                input.SkipLastField();
            }
        }
    }

    private static void Nested(byte[] message, int number, Action<byte[]> child) => Read(message, (field, input) =>
    {
        if (field == number)
        {
            child(input.ReadBytes().ToByteArray());
        }
    });

    // ExportMetricsServiceRequest.resource_metrics = 1, ResourceMetrics.scope_metrics = 2, ScopeMetrics.metrics = 2
    private void ReadRequest(byte[] request) =>
        Nested(request, 1, resource => Nested(resource, 2, scope => Nested(scope, 2, ReadMetric)));

    // Metric: name = 1, histogram = 9; Histogram.data_points = 1
    private void ReadMetric(byte[] metric)
    {
        var name = "";
        byte[]? histogram = null;
        Read(metric, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    name = input.ReadString();
                    break;
                case 9:
                    histogram = input.ReadBytes().ToByteArray();
                    break;
            }
        });
        if (histogram is not null)
        {
            Nested(histogram, 1, point => ReadPoint(name, point));
        }
    }

    // HistogramDataPoint: count = 4 (fixed64), sum = 5 (double), attributes = 9
    private void ReadPoint(string metric, byte[] point)
    {
        ulong count = 0;
        var sum = 0.0;
        var attributes = new List<string>();
        Read(point, (field, input) =>
        {
            switch (field)
            {
                case 4:
                    count = input.ReadFixed64();
                    break;
                case 5:
                    sum = input.ReadDouble();
                    break;
                case 9:
                    attributes.Add(ReadAttribute(input.ReadBytes().ToByteArray()));
                    break;
            }
        });
        _values[(metric, string.Join(",", attributes.Order(StringComparer.Ordinal)))] = (count, sum);
    }

    // KeyValue: key = 1, value = 2; AnyValue.string_value = 1
    private static string ReadAttribute(byte[] attribute)
    {
        var key = "";
        var value = "";
        Read(attribute, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    key = input.ReadString();
                    break;
                case 2:
                    Read(input.ReadBytes().ToByteArray(), (inner, text) =>
                    {
                        if (inner == 1)
                        {
                            value = text.ReadString();
                        }
                    });
                    break;
            }
        });
        return $"{key}={value}";
    }
}
