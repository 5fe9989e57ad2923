using Rag.Core.Extraction;
using Rag.Core.Extraction.Pdf;
using Rag.Testing.Samples;

namespace Rag.Core.Tests.Extraction;

public sealed class PdfTests
{
    [Fact]
    public async Task Pages_paragraphs_and_headings_are_found()
    {
        var document = await Extracting.ExtractAsync(
            SamplePdf.Create(
                new SamplePdfOptions { Title = "The manual" },
                "# Pumps\n\nWater moves through the first pump, which stands (dry) in the cellar of the house and is\nchecked once a year.\n\nOil it.",
                "# Valves\n\nSteam is held by the valve."),
            "a.pdf");
        Assert.Equal(
            """
            Heading1 [] Pumps
            Paragraph [Pumps] Water moves through the first pump, which stands (dry) in the cellar of the house and is checked once a year.
            Paragraph [Pumps] Oil it.
            Heading1 [] Valves
            Paragraph [Valves] Steam is held by the valve.
            """,
            Extracting.Outline(document));
        Assert.Equal([1, 1, 1, 2, 2], document.Blocks.Select(static block => block.Page));
        Assert.Equal(("The manual", "pdf-1", 2), (document.Title, document.Extractor, document.Pages));
        Extracting.AssertContract(document);
    }

    [Fact]
    public async Task A_hyphen_at_a_line_end_stays_or_goes_as_the_document_writes_the_word()
    {
        var document = await Extracting.ExtractAsync(
            SamplePdf.Create("Its mainte-\nnance is a well-\nknown matter of hand-\nicraft; maintenance is well-known."), "a.pdf");
        Assert.Equal("Its maintenance is a well-known matter of handicraft; maintenance is well-known.", document.Text);
    }

    [Fact]
    public async Task Items_are_told_apart_and_go_on_over_lines()
    {
        var document = await Extracting.ExtractAsync(
            SamplePdf.Create("We need three things for this:\n• a pump that moves water from the lower tank\nto the upper one\n• oil\n1. and patience"), "a.pdf");
        Assert.Equal(
            """
            Paragraph [] We need three things for this:
            ListItem [] • a pump that moves water from the lower tank to the upper one
            ListItem [] • oil
            ListItem [] 1. and patience
            """,
            Extracting.Outline(document));
    }

    [Fact]
    public async Task Headers_and_page_numbers_that_repeat_are_left_out()
    {
        var pages = Enumerable.Range(1, 6).Select(static i => $"Page text number {i} has its own words and goes on for a while about pumps.").ToArray();
        var document = await Extracting.ExtractAsync(SamplePdf.Create(new SamplePdfOptions { Header = "ACME manual", PageNumbers = true }, pages), "a.pdf");
        Assert.Equal(string.Join("\n\n", pages), document.Text);
    }

    [Fact]
    public async Task Without_enough_pages_nothing_is_taken_for_a_header()
    {
        var document = await Extracting.ExtractAsync(SamplePdf.Create(new SamplePdfOptions { Header = "ACME manual" }, "One.", "Two."), "a.pdf");
        Assert.Contains("ACME manual", document.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_alone_are_no_text()
    {
        var problem = await Extracting.FailsAsync(SamplePdf.CreateImageOnly(), "a.pdf");
        Assert.Equal(ExtractionProblems.NoText, problem.Code);
        Assert.Contains("OCR", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_without_text_are_named()
    {
        var document = await Extracting.ExtractAsync(SamplePdf.Create("One.", "", "Three."), "a.pdf");
        Assert.Contains("page 2", Assert.Single(document.Warnings), StringComparison.Ordinal);
        Assert.Equal(3, document.Blocks[^1].Page);
    }

    [Fact]
    public async Task A_password_is_recognised() =>
        Assert.Equal(ExtractionProblems.Encrypted, (await Extracting.FailsAsync(SamplePdf.CreateEncrypted(), "a.pdf")).Code);

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.95)]
    public async Task A_file_cut_off_anywhere_is_called_damaged(double share)
    {
        var whole = SamplePdf.Create([.. Enumerable.Range(1, 10).Select(static i => $"# Chapter {i}\n\nThe text of chapter {i}.")]);
        Assert.Equal(ExtractionProblems.Corrupt, (await Extracting.FailsAsync(whole[..(int)(whole.Length * share)], "a.pdf")).Code);
    }

    [Fact]
    public async Task More_pages_than_allowed_are_refused()
    {
        var problem = await Extracting.FailsAsync(SamplePdf.Create("1", "2", "3"), "a.pdf", options: new ExtractionOptions { MaxPages = 2 });
        Assert.Equal(ExtractionProblems.TooManyPages, problem.Code);
        Assert.Contains("3 pages, allowed are 2", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Manual\nPages: 1")]
    [InlineData("Manual\nPages: -1")]
    [InlineData("Manual\nPages: many")]
    public async Task What_a_title_says_of_the_pages_does_not_count(string title)
    {
        var options = new SamplePdfOptions { Title = title };
        var problem = await Extracting.FailsAsync(SamplePdf.Create(options, "1", "2", "3"), "a.pdf", options: new ExtractionOptions { MaxPages = 2 });
        Assert.Equal(ExtractionProblems.TooManyPages, problem.Code);
        Assert.Equal(3, (await Extracting.ExtractAsync(SamplePdf.Create(options, "1", "", "3"), "a.pdf")).Pages);
    }

    [Fact]
    public void Pages_are_counted_as_they_come()
    {
        var layout = new BboxLayout(new ExtractionOptions { MaxPages = 2 });
        layout.Read("<page width=\"612\" height=\"792\">");
        layout.Read("<page width=\"612\" height=\"792\">");

        var problem = Assert.Throws<ExtractionException>(() => layout.Read("<page width=\"612\" height=\"792\">"));

        Assert.Equal(ExtractionProblems.TooManyPages, problem.Code);
        Assert.Contains("more than 2 pages", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_is_limited_while_it_is_read()
    {
        var pages = Enumerable.Repeat(string.Join('\n', Enumerable.Repeat(new string('w', 79), 40)), 400).ToArray();
        Assert.Equal(
            ExtractionProblems.TooLarge,
            (await Extracting.FailsAsync(SamplePdf.Create(pages), "a.pdf", options: new ExtractionOptions { MaxMillionCharacters = 1 })).Code);
    }
}
