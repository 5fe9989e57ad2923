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
        ["failed-retried"] = "The document is in the queue again.",
        ["failed-all-retried"] = "All failed documents are in the queue again.",
        ["failed-discarded"] = "It is off the list. The document stays failed and can be retried on its own page.",
        ["failed-all-discarded"] = "The list is empty. The documents stay failed and can be retried on their own pages.",
        ["failed-gone"] = "It is not on the list any more: somebody retried or discarded it meanwhile, or deleted the document.",
        ["queue-paused"] = "Paused. What is in work finishes; nothing else is begun.",
        ["queue-resumed"] = "Work goes on.",
        ["key-revoked"] = "The key was revoked. Whoever used it is signed out.",
        ["signed-out"] = "You are signed out.",
        ["signed-out-here"] = "You are signed out on this browser. The service does not answer, so the session itself could not be ended: it ends 12 hours after it was last used, or at once when its key is revoked.",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string? Find(string? code) => code is null ? null : Texts.GetValueOrDefault(code);
}
