using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Embedding;

/// <summary>Where vectors come from. Section <c>Rag:Embedding</c>.</summary>
public sealed class EmbeddingOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Rag:Embedding";

    /// <summary>None: search is lexical.</summary>
    public EmbeddingProvider Provider { get; set; } = EmbeddingProvider.None;

    /// <summary>For <c>openai</c>: base URL of an OpenAI-compatible endpoint, for example <c>http://localhost:11434/v1</c>.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>For <c>openai</c>: the model's name.</summary>
    public string? Model { get; set; }

    /// <summary>For <c>openai</c>: the key, where the endpoint wants one.</summary>
    public string? ApiKey { get; set; }

    /// <summary>For <c>openai</c>: a file that holds the key; wins over <see cref="ApiKey"/>.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>Length of a vector. For <c>local</c> 256 when not set; for <c>openai</c> it must be what the model returns.</summary>
    [Range(8, 8192)]
    public int? Dimensions { get; set; }

    /// <summary>Asks the endpoint for vectors of <see cref="Dimensions"/>; only for models that can shorten theirs.</summary>
    public bool SendDimensions { get; set; }

    /// <summary>Change it when the same model name begins to give other vectors.</summary>
    public string Revision { get; set; } = "1";

    /// <summary>Texts per request.</summary>
    [Range(1, 2048)]
    public int BatchSize { get; set; } = 64;

    /// <summary>Time for one request.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Put before every passage, as some models ask (<c>passage: </c>).</summary>
    public string PassagePrefix { get; set; } = "";

    /// <summary>Put before every query.</summary>
    public string QueryPrefix { get; set; } = "";

    /// <summary>Query vectors kept in memory.</summary>
    [Range(0, 100_000)]
    public int CachedQueries { get; set; } = 1000;
}

/// <summary>Who makes vectors.</summary>
public enum EmbeddingProvider
{
    /// <summary>Nobody: search is lexical.</summary>
    None,

    /// <summary>In process, without a model: hashed features of words.</summary>
    Local,

    /// <summary>An OpenAI-compatible endpoint.</summary>
    OpenAI,
}
