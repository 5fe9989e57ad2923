using Rag.Core.Extraction;

namespace Rag.Core.Tests.Extraction;

public sealed class TextFormatTests
{
    [Fact]
    public async Task Plain_text_stays_as_it_is_and_is_cut_at_empty_lines()
    {
        var document = await Extracting.ExtractAsync("  One\nline two\n \n\nThree\fFour\n", "notes");
        Assert.Equal("  One\nline two\n \n\nThree\fFour\n", document.Text);
        Assert.Equal("Paragraph [] One\\nline two\nParagraph [] Three\nParagraph [] Four", Extracting.Outline(document));
        Assert.Equal(("text-1", "text/plain"), (document.Extractor, document.MediaType));
        Extracting.AssertContract(document);
    }

    [Fact]
    public async Task Markdown_becomes_the_text_that_a_reader_sees()
    {
        var document = await Extracting.ExtractAsync(
            """
            ---
            title: "The manual"
            ---
            # Pumps & *valves*

            A **bold** claim with `code`, a [link](http://example.org/x) and
            a second line.[^1]

            ## Care

            1. Oil it
               - daily
            2. Wait

            > Never run dry.

            | Size | Weight |
            | --- | --- |
            | 2 m | **9** t |

            ```sh
            rag up
              --sample
            ```

            <div onclick="x()">Kept<script>alert(1)</script></div>

            [^1]: A note.
            """,
            "a.md");
        Assert.Equal(
            """
            Heading1 [] Pumps & valves
            Paragraph [Pumps & valves] A bold claim with code, a link and a second line.[1]
            Heading2 [Pumps & valves] Care
            ListItem [Pumps & valves > Care] 1. Oil it
            ListItem [Pumps & valves > Care] - daily
            ListItem [Pumps & valves > Care] 2. Wait
            Quote [Pumps & valves > Care] Never run dry.
            Table [Pumps & valves > Care] Size | Weight\n2 m | 9 t
            Code [Pumps & valves > Care] rag up\n  --sample
            Paragraph [Pumps & valves > Care] Kept
            Paragraph [Pumps & valves > Care] [1] A note.
            """,
            Extracting.Outline(document));
        Assert.Equal("The manual", document.Title);
        Extracting.AssertContract(document);
    }

    [Theory]
    [InlineData(">", 5000)]
    [InlineData("- ", 2000)]
    [InlineData("[", 20000)]
    [InlineData("*_", 20000)]
    public async Task Markdown_made_to_hurt_is_still_read(string unit, int times)
    {
        var document = await Extracting.ExtractAsync(string.Concat(Enumerable.Repeat(unit, times)) + "end", "a.md");
        Assert.Contains("end", document.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Html_keeps_what_is_read_and_nothing_that_acts_or_hides()
    {
        var document = await Extracting.ExtractAsync(
            """
            <!DOCTYPE html><html><head><title> Pump
              manual </title><style>p{}</style><script>var secret=1</script></head>
            <body onload="steal()"><nav>Home</nav><h1>Pumps</h1>
            <p onclick="x()">Water &amp; oil &lt;3&nbsp;m, <b>bo</b>ld<br>next<script>evil()</script>
            <p style="display: none">hidden one<p hidden>hidden two<p aria-hidden="true">hidden three
            <h2>Care</h2><ul><li>Oil it<ol start="3"><li>daily</ol><li>Wait</ul>
            <blockquote><p>Never run dry.</blockquote>
            <table><caption>Sizes</caption><tr><th>Size<th>Weight<tr><td>2 <i>m</i><td>9 t</table>
            <pre>rag up
              --sample</pre><iframe src="http://evil.example"></iframe><img src=x alt="A pump" onerror="x()">
            <a href="javascript:alert(1)">click</a><svg><script>1</script><text>drawn</text></svg></body></html>
            """,
            "a.html");
        Assert.Equal(
            """
            Heading1 [] Pumps
            Paragraph [Pumps] Water & oil <3 m, bold\nnext
            Heading2 [Pumps] Care
            ListItem [Pumps > Care] - Oil it
            ListItem [Pumps > Care] 3. daily
            ListItem [Pumps > Care] - Wait
            Quote [Pumps > Care] Never run dry.
            Paragraph [Pumps > Care] Sizes
            Table [Pumps > Care] Size | Weight\n2 m | 9 t
            Code [Pumps > Care] rag up\n  --sample
            Paragraph [Pumps > Care] A pump click
            """,
            Extracting.Outline(document).Replace('\u00A0', ' '));
        Assert.Equal("Pump manual", document.Title);
        Extracting.AssertContract(document);
    }

    [Fact]
    public async Task Html_is_decoded_as_it_declares_itself()
    {
        var bytes = TextDecoder.Find("windows-1251")!.GetBytes("<html><meta charset='windows-1251'><p>Насос</p>");
        Assert.Equal("Насос", (await Extracting.ExtractAsync(bytes, "a.html")).Text);
    }

    [Fact]
    public async Task Character_references_cannot_smuggle_nul_or_surrogates()
    {
        var document = await Extracting.ExtractAsync("<html><p>a&#0;b&#xD800;c&#x1F600;", "a.html");
        Assert.Equal("a\uFFFDb\uFFFDc😀", document.Text);
    }

    [Theory]
    [InlineData("<div>")]
    [InlineData("<table><tr><td>")]
    [InlineData("<ul><li>")]
    [InlineData("<b><i>")]
    public async Task Html_nested_ten_thousand_deep_is_still_read(string unit)
    {
        var document = await Extracting.ExtractAsync("<html>" + string.Concat(Enumerable.Repeat(unit, 10_000)) + "end", "a.html");
        Assert.Contains("end", document.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_without_text_says_so() =>
        Assert.Equal(ExtractionProblems.NoText, (await Extracting.FailsAsync("<html><script>render()</script>"u8.ToArray(), "a.html")).Code);

    [Fact]
    public async Task Tables_for_layout_are_read_like_the_rest()
    {
        var document = await Extracting.ExtractAsync("<html><table><tr><td><h1>Pumps</h1><p>Water.</td><td>Side</td></tr></table>", "a.html");
        Assert.Equal("Heading1 [] Pumps\nParagraph [Pumps] Water.\nParagraph [Pumps] Side", Extracting.Outline(document));
    }

    [Fact]
    public async Task Csv_is_a_table_under_the_names_of_its_columns()
    {
        var document = await Extracting.ExtractAsync("size;\"weight; t\"\r\n2;\"a \"\"b\"\"\nc\"\r\n;\r\n", "a.csv");
        Assert.Equal("Table [size | weight; t] size | weight; t\\n2 | a \"b\" c", Extracting.Outline(document));
        Assert.Equal("text/csv", document.MediaType);
    }

    [Fact]
    public async Task Json_is_indented_and_bad_json_is_read_as_text()
    {
        var document = await Extracting.ExtractAsync("""{"ä":[1,{"b":"x"}]}""", "a.json");
        Assert.Equal("Code [] {\\n  \"ä\": [\\n    1,\\n    {\\n      \"b\": \"x\"\\n    }\\n  ]\\n}", Extracting.Outline(document));
        var broken = await Extracting.ExtractAsync("{\"a\":", "a.json");
        Assert.Equal(("{\"a\":", "text/plain"), (broken.Text, broken.MediaType));
        Assert.NotEmpty(broken.Warnings);
    }

    [Fact]
    public async Task What_nobody_sees_in_a_table_is_not_read()
    {
        var document = await Extracting.ExtractAsync(
            """
            <table><caption hidden>hidden zero</caption><tr><th>Size<th>Weight
            <tr><td>2 m<p hidden>hidden one</p><td>9 t<div style="display:none">hidden <b>two</b></div>
            <tr><td><p>3 m<br><span><p style="visibility: hidden">hidden <i>three</i></p></span></p><td hidden>hidden four
            <tr><td><img hidden alt="hidden five">4 m<td>8 t</table>
            """,
            "a.html");
        Assert.DoesNotContain("hidden", document.Text, StringComparison.Ordinal);
        Assert.Contains("2 m | 9 t", document.Text, StringComparison.Ordinal);
        Assert.Contains("4 m | 8 t", document.Text, StringComparison.Ordinal);
    }
}
