using System.Globalization;
using Rag.Client;

namespace Rag.Web.Pages;

/// <summary>
/// What cannot be undone is asked twice. With scripts a dialog asks and adds the field to the form; without, the server answers the form
/// with a page that asks.
/// </summary>
internal static class Confirmation
{
    public const string FieldName = "confirmed";

    public static async Task<bool> IsGivenAsync(HttpContext context, CancellationToken cancellationToken) =>
        (await context.Request.ReadFormAsync(cancellationToken))[FieldName] == "yes";

    public static ConfirmModel DeleteCollection(Collection collection) => new(
        $"/collections/{collection.Name}/delete",
        $"Delete the collection “{collection.Name}”?",
        collection.Documents.Total switch
        {
            0 => "It is empty. This cannot be undone.",
            1 => "Its document and the original go with it. This cannot be undone.",
            var n => string.Create(
                CultureInfo.InvariantCulture, $"All {n:N0} documents and their originals go with it. This cannot be undone, and may take some minutes."),
        },
        "Delete collection",
        "/collections",
        Working: $"“{collection.Name}” is being deleted. A large collection takes some minutes; it goes on if you leave this page.");

    public static ConfirmModel DeleteDocument(string collection, Guid id, string name) => new(
        $"/collections/{collection}/documents/{id:D}/delete",
        $"Delete “{name}”?",
        "It is not found from then on, and the original is removed. This cannot be undone.",
        "Delete document",
        $"/collections/{collection}/documents");

    public static ConfirmModel DiscardFailed(string page, string? collection) => new(
        $"{page}/discard",
        collection is null ? "Discard all failed work?" : $"Discard all failed work of “{collection}”?",
        "The list becomes empty. The documents stay, failed with their reasons, and each can still be retried on its own page.",
        "Discard all",
        page);

    public static ConfirmModel RevokeKey(Guid id, string name) => new(
        $"/keys/{id:D}/revoke",
        $"Revoke the key “{name}”?",
        "Whatever uses it stops working at once. This cannot be undone.",
        "Revoke key",
        "/keys");
}

/// <param name="Action">Where the confirmed form goes.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Consequence">What it means.</param>
/// <param name="Verb">The button.</param>
/// <param name="Back">Where "Keep it" leads.</param>
/// <param name="Working">Said while it is done, when it may take long.</param>
public sealed record ConfirmModel(string Action, string Question, string Consequence, string Verb, string Back, string? Working = null);
