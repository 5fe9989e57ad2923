using System.Collections.Concurrent;

namespace Rag.Chaos;

/// <summary>What happened, by count, and what must not have happened. Thread-safe.</summary>
internal sealed class Outcomes
{
    private const int MostFindings = 200;

    private readonly ConcurrentDictionary<string, int> _requests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Fault, int> _faults = new();
    private readonly ConcurrentQueue<string> _findings = new();
    private long _longestUpload;

    /// <summary>Requests by status and code.</summary>
    public IReadOnlyDictionary<string, int> Requests => _requests;

    /// <summary>Faults by kind.</summary>
    public IReadOnlyDictionary<Fault, int> Faults => _faults;

    /// <summary>Everything that must not be.</summary>
    public IReadOnlyCollection<string> Findings => _findings;

    /// <summary>The longest that a client had to go on asking until its document was accepted.</summary>
    public TimeSpan LongestUpload => TimeSpan.FromTicks(Interlocked.Read(ref _longestUpload));

    public void Request(string outcome) => _requests.AddOrUpdate(outcome, 1, static (_, count) => count + 1);

    public void Happened(Fault fault) => _faults.AddOrUpdate(fault, 1, static (_, count) => count + 1);

    public void Uploaded(TimeSpan took)
    {
        long before;
        while ((before = Interlocked.Read(ref _longestUpload)) < took.Ticks && Interlocked.CompareExchange(ref _longestUpload, took.Ticks, before) != before)
        {
            // Another client was faster.
        }
    }

    public void Find(string what)
    {
        if (_findings.Count < MostFindings)
        {
            _findings.Enqueue(what);
        }
    }
}
