using Rag.Core.Documents;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Auth;

/// <summary>What a key may do. Each stands for itself: a key that only brings documents in has <c>write</c> and nothing else.</summary>
public enum Scope
{
    /// <summary>Search, ask, look.</summary>
    Read,

    /// <summary>Add, change and remove documents.</summary>
    Write,

    /// <summary>Collections and keys.</summary>
    Admin,
}

/// <summary>Who asks.</summary>
/// <param name="KeyId">The key, also behind a session.</param>
/// <param name="KeyName">For people.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Collections">What it is confined to; null: nothing.</param>
/// <param name="Expires">When the bearer ends by itself.</param>
/// <param name="KeyExpires">When the key does; behind a session that is later than <paramref name="Expires"/>.</param>
/// <param name="SessionHash">Names the session when the bearer is one.</param>
public sealed record Caller(
    Guid KeyId, string KeyName, IReadOnlySet<Scope> Scopes, IReadOnlySet<Guid>? Collections, DateTimeOffset? Expires, DateTimeOffset? KeyExpires, byte[]? SessionHash)
{
    /// <summary>Whom the queue knows by it: people who signed in with one key are not one sender, nor are they the program that uses it.</summary>
    public SenderId Sender => new(SessionHash is { } hash ? new Guid(hash.AsSpan(0, 16)) : KeyId);

    /// <summary>Whether the collection is within reach.</summary>
    public bool MaySee(CollectionId collection) => Collections is null || Collections.Contains(collection.Value);

    /// <summary>The collections within reach; null: every one.</summary>
    public IReadOnlyCollection<CollectionId>? Reach() => Collections?.Select(static id => new CollectionId(id)).ToArray();

    /// <summary>For what is about the installation as a whole.</summary>
    /// <exception cref="ProblemException"><c>scope-missing</c> when the key is confined to collections.</exception>
    public void MustBeUnconfined(string what)
    {
        if (Collections is not null)
        {
            throw new ProblemException("scope-missing", $"This key is confined to certain collections and may not {what}. Use an 'admin' key for all collections.");
        }
    }

    /// <summary>The caller of a request that went through <see cref="BearerMiddleware"/>; minimal APIs bind handler parameters by this.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => ValueTask.FromResult(context?.Features.Get<Caller>());
}
