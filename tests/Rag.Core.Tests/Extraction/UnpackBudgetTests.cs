using Rag.Core.Extraction;
using Rag.Core.Safety;

namespace Rag.Core.Tests.Extraction;

public sealed class UnpackBudgetTests
{
    [Fact]
    public void What_really_unpacks_is_counted_over_all_parts()
    {
        var budget = new UnpackBudget(packedBytes: 100_000, new ExtractionOptions { MaxUnpackedMiB = 1, MaxUnpackRatio = 1000 });
        var part = new byte[400 * 1024];
        for (var i = 0; i < 2; i++)
        {
            using var counted = budget.Counted(new MemoryStream(part));
            counted.CopyTo(Stream.Null);
        }

        using var third = budget.Counted(new MemoryStream(part));
        var problem = Assert.Throws<ExtractionException>(() => third.CopyTo(Stream.Null));
        Assert.Equal(ExtractionProblems.TooLarge, problem.Code);
        Assert.Contains("1 MiB", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_000_000, false)]
    public void The_ratio_counts_only_beyond_what_is_always_allowed(int packedBytes, bool fails)
    {
        var budget = new UnpackBudget(packedBytes, new ExtractionOptions { MaxUnpackRatio = 50 });
        using var counted = budget.Counted(new MemoryStream(new byte[20 * 1024 * 1024]));
        var problem = Record.Exception(() => counted.CopyTo(Stream.Null));
        Assert.Equal(fails, problem is ExtractionException);
    }
}
