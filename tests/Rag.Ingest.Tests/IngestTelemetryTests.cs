using System.Diagnostics;
using Rag.Core.Documents;
using Rag.Core.Jobs;

namespace Rag.Ingest.Tests;

public sealed class IngestTelemetryTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";

    [Theory]
    [InlineData("01", 1, 0, true)]
    [InlineData("01", 2, 0, false)]
    [InlineData("01", 1, 1, false)]
    // A submission that was not sampled: the worker's own trace must not be lost with it.
    [InlineData("00", 1, 0, false)]
    [InlineData("00", 2, 0, false)]
    public void An_attempt_is_part_of_a_recorded_submission_the_first_time_and_else_linked_to_it(string flags, int attempt, int losses, bool isPart)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == IngestTelemetry.Name,
            // As the SDK's default sampler does: it follows the parent.
            Sample = static (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent == default || options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(listener);
        using var telemetry = new IngestTelemetry();
        using var activity = telemetry.StartJob(Job($"00-{Trace}-{Span}-{flags}", attempt, losses));

        Assert.NotNull(activity);
        Assert.Equal(isPart, activity.TraceId.ToHexString() == Trace && activity.ParentSpanId.ToHexString() == Span);
        Assert.Equal(isPart ? [] : new[] { Span }, activity.Links.Select(static link => link.Context.SpanId.ToHexString()));
    }

    private static ClaimedJob Job(string traceParent, int attempt, int losses) => new()
    {
        Id = new JobId(Guid.CreateVersion7()),
        Generation = 1,
        Collection = new CollectionId(Guid.CreateVersion7()),
        Document = new DocumentId(Guid.CreateVersion7()),
        Attempt = attempt,
        Losses = losses,
        TraceParent = traceParent,
        Created = DateTimeOffset.UnixEpoch,
        Name = "a.txt",
        Sha256 = new byte[32],
        SizeBytes = 1,
        Settings = new CollectionSettings(),
    };
}
