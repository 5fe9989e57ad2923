using System.Buffers.Binary;
using System.Text;

namespace Rag.Testing.Telemetry;

/// <summary>What a metric is.</summary>
public enum MetricKind
{
    /// <summary>A value of now.</summary>
    Gauge,

    /// <summary>A sum that only grows.</summary>
    Counter,

    /// <summary>A sum that goes up and down.</summary>
    UpDownCounter,

    /// <summary>Counts by bucket.</summary>
    Histogram,
}

/// <summary>A metric as a process exported it.</summary>
/// <param name="Service">Its <c>service.name</c>.</param>
/// <param name="Name">Such as <c>rag.index.lag</c>.</param>
/// <param name="Unit">Such as <c>s</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Points">Attributes of each point.</param>
/// <param name="Bounds">Of a histogram.</param>
public sealed record OtlpMetric(
    string Service, string Name, string Unit, MetricKind Kind, IReadOnlyList<IReadOnlyDictionary<string, string>> Points, IReadOnlyList<double> Bounds)
{
    /// <summary>
    /// Reads an <c>ExportMetricsServiceRequest</c>. The numbers are those of the fields in OpenTelemetry's protocol
    /// (https://github.com/open-telemetry/opentelemetry-proto); no more of it is read than is asked for here.
    /// </summary>
    public static IReadOnlyList<OtlpMetric> Read(ReadOnlyMemory<byte> request) =>
    [
        .. from resourceMetrics in Fields(request, 1)
           let service = Fields(resourceMetrics, 1).SelectMany(static resource => Fields(resource, 1)).Select(KeyValue).FirstOrDefault(static pair => pair.Key == "service.name").Value ?? ""
           from scopeMetrics in Fields(resourceMetrics, 2)
           from metric in Fields(scopeMetrics, 2)
           select Metric(service, metric),
    ];

    private static OtlpMetric Metric(string service, ReadOnlyMemory<byte> metric)
    {
        var name = Text(metric, 1);
        var unit = Text(metric, 3);
        if (Fields(metric, 5).FirstOrDefault() is { Length: > 0 } gauge)
        {
            return new(service, name, unit, MetricKind.Gauge, PointsOf(gauge, attributes: 7), []);
        }

        if (Fields(metric, 7).FirstOrDefault() is { Length: > 0 } sum)
        {
            var isMonotonic = Scan(sum).Any(static field => field is { Number: 3, Varint: 1 });
            return new(service, name, unit, isMonotonic ? MetricKind.Counter : MetricKind.UpDownCounter, PointsOf(sum, attributes: 7), []);
        }

        var histogram = Fields(metric, 9).FirstOrDefault();
        return new(service, name, unit, MetricKind.Histogram, PointsOf(histogram, attributes: 9), [.. Fields(histogram, 1).Take(1).SelectMany(static point => Fields(point, 7)).SelectMany(Doubles)]);
    }

    private static IReadOnlyList<IReadOnlyDictionary<string, string>> PointsOf(ReadOnlyMemory<byte> data, int attributes) =>
        [.. Fields(data, 1).Select(point => (IReadOnlyDictionary<string, string>)Fields(point, attributes).Select(KeyValue).ToDictionary(StringComparer.Ordinal))];

    private static KeyValuePair<string, string> KeyValue(ReadOnlyMemory<byte> pair) => new(Text(pair, 1), Fields(pair, 2).Select(AnyValue).FirstOrDefault() ?? "");

    private static string AnyValue(ReadOnlyMemory<byte> value) => Scan(value).Select(static field => field switch
    {
        { Number: 1 } => Encoding.UTF8.GetString(field.Bytes.Span),
        { Number: 2 } => field.Varint == 1 ? "true" : "false",
        { Number: 3 } => ((long)field.Varint).ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => "",
    }).FirstOrDefault() ?? "";

    private static IEnumerable<double> Doubles(ReadOnlyMemory<byte> packed)
    {
        for (var i = 0; i + sizeof(double) <= packed.Length; i += sizeof(double))
        {
            yield return BinaryPrimitives.ReadDoubleLittleEndian(packed.Span[i..]);
        }
    }

    private static string Text(ReadOnlyMemory<byte> message, int number) => Encoding.UTF8.GetString(Fields(message, number).FirstOrDefault().Span);

    private static IEnumerable<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number) =>
        Scan(message).Where(field => field.Number == number).Select(static field => field.Bytes);

    // Tag, then a varint, eight bytes, a length with as many bytes, or four bytes (https://protobuf.dev/programming-guides/encoding/).
    private static IEnumerable<(int Number, ulong Varint, ReadOnlyMemory<byte> Bytes)> Scan(ReadOnlyMemory<byte> message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return (number, Varint(message, ref at), default);
                    break;
                case 1:
                    yield return (number, 0, message.Slice(at, 8));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    yield return (number, 0, message.Slice(at, length));
                    at += length;
                    break;
                case 5:
                    yield return (number, 0, message.Slice(at, 4));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} is none of today's.");
            }
        }
    }

    private static ulong Varint(ReadOnlyMemory<byte> message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message.Span[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
