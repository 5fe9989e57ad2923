using Rag.Core.Extraction;
using Rag.Core.Extraction.Formats;
using Rag.Testing.Samples;

namespace Rag.Core.Tests.Extraction;

public sealed class NestingTests
{
    private static readonly ExtractionOptions Shallow = new() { MaxNesting = 50 };

    [Fact]
    public async Task A_word_file_is_read_as_deep_as_is_allowed_and_refused_below()
    {
        Assert.Equal("deep", (await Extracting.ExtractAsync(SampleDocx.CreateNested(900), "a.docx")).Text);
        await RefusedAsync(SampleDocx.CreateNested(1100), "a.docx", new ExtractionOptions());
        await RefusedAsync(SampleDocx.CreateNested(60), "a.docx", Shallow);
    }

    [Theory]
    [InlineData(900, false)]
    [InlineData(1100, true)]
    public async Task Json_is_read_as_deep_as_is_allowed_and_refused_below(int depth, bool isRefused)
    {
        var json = System.Text.Encoding.ASCII.GetBytes(new string('[', depth) + "\"[[\\\"[[\"" + new string(']', depth));
        if (isRefused)
        {
            await RefusedAsync(json, "a.json", new ExtractionOptions());
        }
        else
        {
            Assert.Equal("application/json", (await Extracting.ExtractAsync(json, "a.json")).MediaType);
        }
    }

    [Fact]
    public void Json_that_would_be_indented_to_more_than_allowed_is_refused_before_it_is()
    {
        // 400 KB that would become 160 MB: each value on a line of its own behind 800 blanks.
        var json = new string('[', 400) + string.Join(',', Enumerable.Repeat('1', 200_000)) + new string(']', 400);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var problem = Assert.Throws<ExtractionException>(() => JsonText.Extract(json, [], new ExtractionOptions()));
        Assert.Equal(ExtractionProblems.TooLarge, problem.Code);
        Assert.Contains("Rag:Extraction:MaxMillionCharacters", problem.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
    }

    [Fact]
    public void Headings_are_limited_with_the_paths_that_repeat_them()
    {
        var builder = new DocumentBuilder(new ExtractionOptions());
        var title = new string('t', 200);
        var problem = Assert.Throws<ExtractionException>(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                builder.AddHeading(1 + (i % 6), title);
            }
        });
        Assert.Equal(ExtractionProblems.TooLarge, problem.Code);
    }

    private static async Task RefusedAsync(byte[] content, string name, ExtractionOptions options)
    {
        var problem = await Extracting.FailsAsync(content, name, options: options);
        Assert.Equal(ExtractionProblems.TooDeep, problem.Code);
        Assert.Contains("Rag:Extraction:MaxNesting", problem.Message, StringComparison.Ordinal);
    }
}
