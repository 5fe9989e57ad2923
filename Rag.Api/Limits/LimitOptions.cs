using System.ComponentModel.DataAnnotations;

namespace Rag.Api.Limits;

/// <summary><c>Rag:Limits</c>: what one caller may ask: of all replicas together where they share Redis, else of this process. Event streams are always counted by process.</summary>
public sealed record LimitOptions
{
    /// <summary>Requests of one key per minute, evenly refilled; as many may come at once. 0: no limit.</summary>
    [Range(0, 10_000_000)]
    public int RequestsPerMinute { get; init; } = 30_000;

    /// <summary>Requests without a key (sign-in links) per minute, all callers together.</summary>
    [Range(1, 1_000_000)]
    public int AnonymousRequestsPerMinute { get; init; } = 300;

    /// <summary>Unknown keys of one address per minute; as many may come at once. 0: no limit. A front end's users share its address.</summary>
    [Range(0, 1_000_000)]
    public int UnknownKeysPerMinute { get; init; } = 120;

    /// <summary>Event streams of one key that may be open at the same time.</summary>
    [Range(1, 100_000)]
    public int EventStreamsPerKey { get; init; } = 100;

    /// <summary>Largest JSON body, in KiB.</summary>
    [Range(1, 65_536)]
    public int JsonKiB { get; init; } = 1024;

    /// <summary>Largest document given as text in a JSON body, in MiB.</summary>
    [Range(1, 1024)]
    public int TextMiB { get; init; } = 32;

    /// <summary>Largest upload request as a whole, in MiB; a single file is bounded by <c>Rag:Blobs:MaxFileMiB</c>.</summary>
    [Range(1, 1_048_576)]
    public int UploadMiB { get; init; } = 4096;

    /// <summary>Most files of one upload.</summary>
    [Range(1, 10_000)]
    public int FilesPerUpload { get; init; } = 1000;
}
