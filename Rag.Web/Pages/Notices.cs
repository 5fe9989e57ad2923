using System.Collections.Frozen;

namespace Rag.Web.Pages;

/// <summary>What a page says once after a form was done: the address carries a code, never the words.</summary>
internal static class Notices
{
    private static readonly FrozenDictionary<string, string> Texts = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["collection-created"] = "The collection is there. Add the first documents.",
        ["collection-deleted"] = "The collection and everything in it was deleted.",
        ["document-deleted"] = "The document was deleted. It is not found any more.",
        ["document-retried"] = "The document is in the queue again.",
        ["key-revoked"] = "The key was revoked. Whoever used it is signed out.",
        ["signed-out"] = "You are signed out.",
        ["signed-out-here"] = "You are signed out on this browser. The service does not answer, so the session itself could not be ended: it ends 12 hours after it was last used, or at once when its key is revoked.",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string? Find(string? code) => code is null ? null : Texts.GetValueOrDefault(code);
}
