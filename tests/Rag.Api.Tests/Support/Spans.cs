using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Testing;

namespace Rag.Api.Tests.Support;

/// <summary>Spans that end while it listens.</summary>
internal sealed class Spans : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public Spans()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "Microsoft.AspNetCore" or "System.Net.Http" or "Npgsql" || source.Name.StartsWith("Rag.", StringComparison.Ordinal),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyCollection<Activity> All => _ended;

    public async Task<Activity> FirstAsync(string source, Func<Activity, bool> matches)
    {
        Activity? found = null;
        // A server's span ends after its client has the answer.
        await Eventually.TrueAsync(
            () => Task.FromResult((found = _ended.FirstOrDefault(span => span.Source.Name == source && matches(span))) is not null),
            TimeSpan.FromSeconds(15),
            $"a span of {source} has ended");
        return found!;
    }

    public void Dispose() => _listener.Dispose();
}
