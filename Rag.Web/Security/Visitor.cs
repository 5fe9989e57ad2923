using Rag.Client;

namespace Rag.Web.Security;

/// <summary>The person who is signed in, and the API with that person's right. No scope includes another.</summary>
public sealed record Visitor(string Session, SessionInfo Info, RagClient Api)
{
    public bool CanWrite => Info.Scopes.Contains(KeyScope.Write);

    public bool IsAdmin => Info.Scopes.Contains(KeyScope.Admin);

    /// <summary>Whether the key is for every collection, and so for what concerns all of them.</summary>
    public bool IsUnconfined => Info.Collections is null;

    /// <summary>For parameters of endpoints behind <see cref="VisitorGate"/>.</summary>
    public static ValueTask<Visitor> BindAsync(HttpContext context) =>
        ValueTask.FromResult(context.Features.Get<Visitor>()
            ?? throw new InvalidOperationException($"'{context.Request.Path}' is not behind the visitor gate."));
}

/// <summary>On an endpoint: only for people who are signed in.</summary>
internal sealed class NeedsVisitor;
