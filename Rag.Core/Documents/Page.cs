using System.Buffers.Binary;
using System.Buffers.Text;

namespace Rag.Core.Documents;

/// <summary>One page of a list.</summary>
/// <param name="Items">In the list's order.</param>
/// <param name="NextCursor">Where the next page begins; null after the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>A place in a list that is ordered by (created, id), newest first.</summary>
/// <param name="Created">Of the last item seen, to the microsecond.</param>
/// <param name="Id">Of the last item seen.</param>
internal readonly record struct Cursor(DateTimeOffset Created, Guid Id)
{
    public const int MaxLimit = 200;

    /// <summary>Ticks and id as 24 bytes in base64url.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Created.UtcTicks);
        Id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="RagException"><c>invalid-cursor</c>.</exception>
    public static Cursor? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[24];
        if (text.Length == 32
            && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            && written == bytes.Length
            && BinaryPrimitives.ReadInt64BigEndian(bytes) is var ticks and >= 0
            && ticks <= DateTime.MaxValue.Ticks)
        {
            return new Cursor(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[8..], bigEndian: true));
        }

        throw new RagException("invalid-cursor", "The cursor is not one of this list. Pass 'nextCursor' of the page before as it is, or leave it out to begin anew.");
    }

    /// <summary>Cuts what was read with one row more than asked for into a page.</summary>
    public static Page<T> Page<T>(List<T> rows, int limit, Func<T, string> cursorOf)
    {
        if (rows.Count <= limit)
        {
            return new Page<T>(rows, null);
        }

        rows.RemoveRange(limit, rows.Count - limit);
        return new Page<T>(rows, cursorOf(rows[^1]));
    }

    /// <exception cref="RagException"><c>invalid-request</c>.</exception>
    public static int Limit(int limit) => limit is >= 1 and <= MaxLimit
        ? limit
        : throw new RagException("invalid-request", $"'limit' is {limit}; it must be between 1 and {MaxLimit}.");
}
