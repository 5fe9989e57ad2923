using System.Data;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

public sealed partial class DocumentService
{
    /// <summary>
    /// A stretch of the extracted text; null when the document has no such generation (any more). The text streams out of the database, so
    /// that what is held is the stretch alone.
    /// </summary>
    /// <param name="collection">Its collection.</param>
    /// <param name="id">The document.</param>
    /// <param name="generation">Null: the active one.</param>
    /// <param name="start">First UTF-16 code unit, at least 0.</param>
    /// <param name="end">One past the last, at least <paramref name="start"/>; beyond the text means its end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RagException"><c>document-not-found</c>.</exception>
    public async Task<StoredText?> GetTextAsync(
        CollectionId collection, DocumentId id, long? generation, int start, int end, CancellationToken cancellationToken)
    {
        var part = await database.ReadAsync(
            async (connection, token) =>
            {
                await using var command = connection.Sql(
                    """
                    select g.generation, g.text from documents d
                    join generations g on g.document_id = d.id and g.generation = coalesce($3::bigint, d.active_generation)
                    where d.id = $1 and d.collection_id = $2
                    """,
                    id.Value,
                    collection.Value,
                    generation);
                await using var row = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess | CommandBehavior.SingleRow, token);
                if (!await row.ReadAsync(token))
                {
                    return null;
                }

                var found = row.GetInt64(0);
                using var text = await row.GetTextReaderAsync(1, token);
                var window = await TextWindow.ReadAsync(text, start, end, token);
                return new StoredText(id, found, window.Text, window.Start, window.Length);
            },
            cancellationToken);
        if (part is null)
        {
            await GetAsync(collection, id, cancellationToken);
        }

        return part;
    }
}

/// <summary>A stretch of the text of one generation.</summary>
/// <param name="Document">Whose it is.</param>
/// <param name="Generation">Which extraction.</param>
/// <param name="Text">From <paramref name="Start"/> on; never begins or ends within a character.</param>
/// <param name="Start">Where it begins, in UTF-16 code units of the whole text.</param>
/// <param name="Length">Of the whole text, in UTF-16 code units.</param>
public sealed record StoredText(DocumentId Document, long Generation, string Text, int Start, int Length);
