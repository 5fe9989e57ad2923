using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Caching;

/// <summary>Redis, where <c>ConnectionStrings:cache</c> names one. Section <c>Rag:Cache</c>. Nothing is lost without it.</summary>
public sealed class CacheOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Rag:Cache";

    /// <summary>A file that holds nothing but the password; read at every connection, and again when it changes while Redis lets nobody in.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>How long one request to Redis may take before it is done without.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a vector is kept after a model made it.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan EmbeddingLifetime { get; set; } = TimeSpan.FromDays(1);
}
