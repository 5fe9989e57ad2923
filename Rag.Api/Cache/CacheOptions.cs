namespace Rag.Api.Cache;

/// <summary><c>Rag:Cache</c>: Redis, where <c>ConnectionStrings:cache</c> names one. Nothing is lost without it.</summary>
public sealed record CacheOptions
{
    /// <summary>A file that holds nothing but the password; read at every connection.</summary>
    public string? PasswordFile { get; init; }
}
