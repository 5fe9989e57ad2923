using System.IO.Compression;
using Rag.Core.Extraction;

namespace Rag.Core.Safety;

/// <summary>
/// How many bytes one archive may unpack to. The sizes that the archive declares are checked before anything is inflated, the bytes
/// that really come out are counted as well: declarations lie.
/// </summary>
internal sealed class UnpackBudget
{
    /// <summary>Small documents of repetitive text pack very well and are harmless: the ratio only counts beyond this.</summary>
    private const long AlwaysAllowed = 16L * 1024 * 1024;

    private const int MostEntries = 50_000;

    private readonly long _limit;
    private readonly string _message;
    private long _used;

    public UnpackBudget(long packedBytes, ExtractionOptions options)
    {
        var byRatio = Math.Max(AlwaysAllowed, packedBytes * options.MaxUnpackRatio);
        _limit = Math.Min(options.MaxUnpackedMiB * 1024L * 1024, byRatio);
        _message = $"The file unpacks to more than {_limit / (1024 * 1024)} MiB, which no ordinary document does. "
            + "If it is one, raise Rag:Extraction:MaxUnpackedMiB or MaxUnpackRatio.";
    }

    /// <exception cref="ExtractionException">The declared sizes exceed the budget.</exception>
    public void CheckDeclared(ZipArchive archive)
    {
        if (archive.Entries.Count > MostEntries)
        {
            throw new ExtractionException(ExtractionProblems.TooLarge, $"The file is packed out of more than {MostEntries} parts, which no ordinary document is.");
        }

        var declared = 0L;
        foreach (var entry in archive.Entries)
        {
            declared += Math.Max(0, entry.Length);
            if (declared > _limit)
            {
                throw Exceeded();
            }
        }
    }

    /// <summary>A stream that reads <paramref name="inflated"/> and ends with an <see cref="ExtractionException"/> at the limit; owns it.</summary>
    public Stream Counted(Stream inflated) => new CountingStream(inflated, this);

    private void Use(int bytes)
    {
        _used += bytes;
        if (_used > _limit)
        {
            throw Exceeded();
        }
    }

    private ExtractionException Exceeded() => new(ExtractionProblems.TooLarge, _message);

    private sealed class CountingStream(Stream inner, UnpackBudget budget) : ReadingStream
    {
        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            budget.Use(read);
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            budget.Use(read);
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
