using System.Buffers.Binary;
using System.Buffers.Text;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Http;

/// <summary>One page of a list.</summary>
internal sealed record PageAnswer<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>The rules of <c>?limit=</c> and <c>?cursor=</c>.</summary>
internal static class Paging
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    public static int Limit(int? limit) => limit switch
    {
        null => DefaultLimit,
        >= 1 and <= MaxLimit => limit.Value,
        _ => throw ProblemException.Field("limit", $"must be between 1 and {MaxLimit}, but is {limit}."),
    };

    /// <summary>A place after (created, id): 24 bytes, base64url.</summary>
    public static string CursorOf(DateTimeOffset created, Guid id)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, created.UtcTicks);
        id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="ProblemException"><c>invalid-cursor</c>.</exception>
    public static (DateTimeOffset Created, Guid Id)? Parse(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[24];
        if (cursor.Length == 32
            && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out var written)
            && written == bytes.Length
            && BinaryPrimitives.ReadInt64BigEndian(bytes) is >= 0 and var ticks
            && ticks <= DateTime.MaxValue.Ticks)
        {
            return (new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[8..], bigEndian: true));
        }

        throw new ProblemException("invalid-cursor", "The cursor is not one of this list. Pass 'nextCursor' of the page before as it is, or leave it out to begin anew.");
    }
}
