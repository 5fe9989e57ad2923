using System.IO.Compression;
using Rag.Core.Extraction;
using Rag.Testing.Samples;

namespace Rag.Core.Tests.Extraction;

public sealed class ContentDetectionTests
{
    [Theory]
    [InlineData("plain.txt", null, "text/plain")]
    [InlineData("Program.cs", "application/octet-stream", "text/plain")]
    [InlineData("README.MD", null, "text/markdown")]
    [InlineData("x", "text/markdown; charset=utf-8", "text/markdown")]
    [InlineData("x.html", null, "text/html")]
    [InlineData("x.tsv", null, "text/tab-separated-values")]
    public async Task Names_and_declarations_tell_apart_what_is_all_text(string name, string? declared, string expected) =>
        Assert.Equal(expected, (await Extracting.ExtractAsync("Some words\twith a tab", name, declared)).MediaType);

    [Fact]
    public async Task The_content_decides_against_the_name()
    {
        Assert.Equal("application/pdf", (await Extracting.ExtractAsync(SamplePdf.Create("Water."), "a.txt", "text/plain")).MediaType);
        Assert.Equal("text/html", (await Extracting.ExtractAsync("<!-- x --> <!DOCTYPE html><p>Water", "a.txt")).MediaType);
        Assert.Equal("text/plain", (await Extracting.ExtractAsync("Only words", "a.pdf", "application/pdf")).MediaType);
        Assert.Equal(ContentType.Docx, (await Extracting.ExtractAsync(SampleDocx.Create("Water."), "a.bin")).MediaType);
    }

    [Theory]
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A }, "a.png", "PNG")]
    [InlineData(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 }, "a.pdf", "JPEG")]
    [InlineData(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }, "a.pdf", "named .pdf")]
    [InlineData(new byte[] { 0x7B, 0x5C, 0x72, 0x74, 0x66, 0x31 }, "a.doc", "Rich Text")]
    [InlineData(new byte[] { 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0 }, "a.doc", "old Office")]
    [InlineData(new byte[] { 0x46, 0x72, 0x6F, 0x6D, 0x3A }, "a.eml", "e-mail")]
    public async Task What_cannot_be_read_is_named_with_what_can(byte[] content, string name, string said)
    {
        var problem = await Extracting.FailsAsync(content, name);
        Assert.Equal(ExtractionProblems.UnsupportedType, problem.Code);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
        Assert.Contains(ContentType.SupportedInWords, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ppt/presentation.xml", "PowerPoint")]
    [InlineData("xl/workbook.xml", "Excel")]
    [InlineData("mimetype", "OpenDocument")]
    [InlineData("a.txt", "ZIP")]
    public async Task Other_archives_are_told_apart(string entry, string said)
    {
        var file = new MemoryStream();
        await using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry(entry);
        }

        var problem = await Extracting.FailsAsync(file.ToArray(), "a.zip");
        Assert.Equal(ExtractionProblems.UnsupportedType, problem.Code);
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_bytes_is_empty() =>
        Assert.Equal(ExtractionProblems.Empty, (await Extracting.FailsAsync([], "a.txt")).Code);

    [Fact]
    public async Task More_text_than_allowed_is_refused() =>
        Assert.Equal(
            ExtractionProblems.TooLarge,
            (await Extracting.FailsAsync(new byte[1_000_001].Select(static _ => (byte)'a').ToArray(), "a.txt", options: new ExtractionOptions { MaxMillionCharacters = 1 })).Code);
}
