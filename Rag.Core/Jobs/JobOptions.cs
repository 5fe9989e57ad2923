using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Jobs;

/// <summary>How the worker works. Section <c>Rag:Jobs</c>.</summary>
public sealed class JobOptions
{
    /// <summary>
    /// Documents processed at the same time; 0: as many as there are cores, and with one core or two one more, which is kept for other
    /// collections than the one that has the rest.
    /// </summary>
    [Range(0, 256)]
    public int Concurrency { get; set; }

    /// <summary>
    /// Documents of one collection that one worker process reads at the same time, so that the others find a place while a large upload is
    /// worked off; 0: three quarters of <see cref="Concurrency"/>, rounded up, but never all of three or more. When that is 0 as well and there
    /// are one core or two, as many as cores.
    /// </summary>
    [Range(0, 256)]
    public int PerCollection { get; set; }

    /// <summary>How long a worker owns a job without renewing; it renews three times in that time.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Attempts at a document whose failures are passing ones, before it is parked.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>
    /// How long, from its first failure, a document is tried again while what all of them need is away: the model, the store of originals,
    /// room on a disk. Afterwards <see cref="MaxAttempts"/> counts.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan DependencyPatience { get; set; } = TimeSpan.FromHours(6);

    /// <summary>How often to look for work that nobody announced.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time for documents in work to finish when the process is asked to stop; then they go back to the queue.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:30:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How often leftovers are removed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(5);
}
