using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Core.Tests.Extraction;

public sealed class FileLimitsTests
{
    [Theory]
    [InlineData(24, true)] // EMFILE
    [InlineData(27, true)] // EFBIG
    [InlineData(28, false)] // ENOSPC: the disk is full, which is nobody's document's fault
    public void Files_beyond_the_limit_are_told_from_a_disk_that_fails(int error, bool isLimit) =>
        Assert.Equal(isLimit, FileLimits.IsExceeded(new IOException("x", error)));

    [Fact]
    public void The_reason_names_the_settings()
    {
        var message = FileLimits.Message(new ExtractionOptions { MaxOpenFiles = 130, MaxWrittenMiB = 2 });
        Assert.Contains("130 open files", message, StringComparison.Ordinal);
        Assert.Contains("Rag:Extraction:MaxOpenFiles", message, StringComparison.Ordinal);
    }
}
