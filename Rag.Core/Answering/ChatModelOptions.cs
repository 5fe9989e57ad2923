using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Answering;

/// <summary>The chat model that answers; without one answers are extractive. Section <c>Rag:Chat</c>.</summary>
public sealed class ChatModelOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Rag:Chat";

    /// <summary>Base URL of an OpenAI-compatible endpoint, for example <c>http://localhost:11434/v1</c>. Not set: extractive answers.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>The model's name; needed with <see cref="BaseUrl"/>.</summary>
    public string? Model { get; set; }

    /// <summary>The key, where the endpoint wants one.</summary>
    public string? ApiKey { get; set; }

    /// <summary>A file that holds the key; wins over <see cref="ApiKey"/>.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>How long the model may be silent: before its first word, and between two.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Most tokens of an answer.</summary>
    [Range(16, 32_000)]
    public int MaxOutputTokens { get; set; } = 1000;
}
