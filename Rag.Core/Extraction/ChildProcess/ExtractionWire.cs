using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>What a frame between worker and child holds.</summary>
internal enum FrameKind : byte
{
    /// <summary>Worker to child, first and once: the limits.</summary>
    Options = 1,

    /// <summary>Child to worker: the limits are set, ready for the first document.</summary>
    Ready = 2,

    /// <summary>Worker to child: one document.</summary>
    Request = 3,

    /// <summary>Child to worker: structure; the text follows in a frame of its own.</summary>
    Document = 4,

    /// <summary>Child to worker: the text as UTF-8.</summary>
    Text = 5,

    /// <summary>Child to worker: why there is no document.</summary>
    Problem = 6,
}

/// <summary>Frames of one byte kind, four bytes length (little-endian) and the payload, over the child's standard input and output.</summary>
internal static class ExtractionWire
{
    private const int HeaderBytes = 5;

    /// <summary>Enough for half a million blocks and their headings.</summary>
    public const int MostStructureBytes = 128 * 1024 * 1024;

    /// <summary>Enough for a request, limits or a problem.</summary>
    public const int MostMessageBytes = 64 * 1024;

    public static async Task WriteAsync(Stream stream, FrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(1), payload.Length);
        await stream.WriteAsync(header, cancellationToken);
        await stream.WriteAsync(payload, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    public static Task WriteAsync<T>(Stream stream, FrameKind kind, T message, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        WriteAsync(stream, kind, JsonSerializer.SerializeToUtf8Bytes(message, type), cancellationToken);

    /// <summary>The next frame; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The frame is longer than <paramref name="limit"/> says for its kind, or cut off.</exception>
    public static async Task<(FrameKind Kind, byte[] Payload)?> ReadAsync(Stream stream, Func<FrameKind, int> limit, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        var read = await stream.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, cancellationToken);
        if (read < HeaderBytes)
        {
            return null;
        }

        var kind = (FrameKind)header[0];
        var length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1));
        if (length < 0 || length > limit(kind))
        {
            throw new InvalidDataException($"A frame of kind {header[0]} with {length} bytes was not expected.");
        }

        var payload = new byte[length];
        read = await stream.ReadAtLeastAsync(payload, length, throwOnEndOfStream: false, cancellationToken);
        return read < length ? null : (kind, payload);
    }
}

/// <summary>Who is to blame and what to say. A fault names only its type: its message may quote the document.</summary>
internal sealed record WireProblem(WireBlame Blame, string Code, string Message, bool IsTransient);

/// <summary>Whose fault a problem is.</summary>
internal enum WireBlame
{
    /// <summary>The document's, recognised as such.</summary>
    Document,

    /// <summary>Ours: a tool is missing, a disk is full.</summary>
    Service,

    /// <summary>An error in a reader; the child must not be used again.</summary>
    Fault,
}

/// <summary>
/// An <see cref="ExtractedDocument"/> without its text. <see cref="Blocks"/> holds six numbers for each block (kind, start, end, index
/// into <see cref="Paths"/>, page or 0, level), because thousands of blocks share a few paths.
/// </summary>
internal sealed record WireDocument(
    string Extractor, string MediaType, string? Title, int? Pages, IReadOnlyList<string> Warnings, IReadOnlyList<IReadOnlyList<string>> Paths, int[] Blocks)
{
    private const int NumbersPerBlock = 6;
    private const int LongestName = 255;
    private const int LongestMessage = 4000;
    private const int MostWarnings = 1000;

    public static WireDocument From(ExtractedDocument document)
    {
        var paths = new List<IReadOnlyList<string>>();
        var indices = new Dictionary<IReadOnlyList<string>, int>(ReferenceEqualityComparer.Instance);
        var blocks = new int[document.Blocks.Count * NumbersPerBlock];
        var at = 0;
        foreach (var block in document.Blocks)
        {
            if (!indices.TryGetValue(block.Headings, out var path))
            {
                indices[block.Headings] = path = paths.Count;
                paths.Add(block.Headings);
            }

            ReadOnlySpan<int> numbers = [(int)block.Kind, block.Start, block.End, path, block.Page ?? 0, block.Level];
            numbers.CopyTo(blocks.AsSpan(at));
            at += NumbersPerBlock;
        }

        return new WireDocument(document.Extractor, document.MediaType, document.Title, document.Pages, document.Warnings, paths, blocks);
    }

    /// <summary>The document, checked: a child that a hostile file has taken over must not bring anything else into the worker than text.</summary>
    /// <exception cref="InvalidDataException">It breaks the contract of <see cref="ExtractedDocument"/>.</exception>
    public ExtractedDocument ToDocument(string text)
    {
        if (!TextNormalizer.IsNormalized(text) || Blocks.Length % NumbersPerBlock != 0)
        {
            throw new InvalidDataException("The text is not normalised or the blocks are incomplete.");
        }

        CheckProperties();

        var blocks = new Block[Blocks.Length / NumbersPerBlock];
        var end = 0;
        for (var i = 0; i < blocks.Length; i++)
        {
            var numbers = Blocks.AsSpan(i * NumbersPerBlock, NumbersPerBlock);
            if (numbers is not [>= (int)BlockKind.Paragraph and <= (int)BlockKind.Quote, var start, var next, >= 0, >= 0, >= 0 and <= 6]
                || start < end || next <= start || next > text.Length || numbers[3] >= Paths.Count
                || numbers[4] > (Pages ?? 0) || !text.AsSpan(end, start - end).IsWhiteSpace())
            {
                throw new InvalidDataException($"Block {i} is outside of the text, overlaps another or leaves text out.");
            }

            blocks[i] = new Block((BlockKind)numbers[0], start, next, Paths[numbers[3]], numbers[4] == 0 ? null : numbers[4], numbers[5]);
            end = next;
        }

        if (!text.AsSpan(end).IsWhiteSpace())
        {
            throw new InvalidDataException("Text behind the last block.");
        }

        return new ExtractedDocument
        {
            Text = text, Blocks = blocks, Extractor = Extractor, MediaType = MediaType, Title = Title, Pages = Pages, Warnings = Warnings,
        };
    }

    private void CheckProperties()
    {
        // Nullable annotations reach the serializer only as far as properties, not into lists: hence the nulls.
        var isSo = IsName(Extractor) && IsName(MediaType)
            && Pages is null or > 0
            && (Title is null || IsText(Title, LongestMessage))
            && Warnings.Count <= MostWarnings && Warnings.All(static warning => IsText(warning, LongestMessage))
            && Paths.All(static path => path is not null && path.All(static heading => IsText(heading, LongestMessage)));
        if (!isSo)
        {
            throw new InvalidDataException("The extractor's name, the media type, the title, the pages, a warning or a heading is not what a document may have.");
        }
    }

    private static bool IsName(string? text) => text is { Length: > 0 and <= LongestName } && text.All(static c => c is > ' ' and <= '~');

    private static bool IsText(string? text, int longest) => text is not null && text.Length <= longest && TextNormalizer.IsNormalized(text);
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ExtractionOptions))]
[JsonSerializable(typeof(FileToExtract))]
[JsonSerializable(typeof(WireProblem))]
[JsonSerializable(typeof(WireDocument))]
internal sealed partial class ExtractionWireJson : JsonSerializerContext;
