using System.IO.Compression;
using Rag.Core.Extraction;
using Rag.Core.Extraction.Docx;
using Rag.Testing.Samples;

namespace Rag.Core.Tests.Extraction;

public sealed class DocxTests
{
    [Fact]
    public async Task Everything_a_reader_sees_is_read_in_its_role()
    {
        var file = new SampleDocx()
            .Title("The manual")
            .Heading(1, "Pumps").Paragraph("Water & oil.\tTabbed.").Styled("Own", "Inherited heading")
            .Bullet("Oil it").Numbered("First").Numbered("Second")
            .Table(["Size", "Weight"], ["2 m", "9 t"])
            .Monospaced("rag up").Monospaced("  --sample").Styled("Quelltext", "rag down")
            .Styled("Zitat", "Never run dry.")
            .WithFootnote("See the note.", "The note's text.")
            .WithHidden("Shown ", "hidden ", "deleted ", "inserted.")
            .ToBytes();
        var document = await Extracting.ExtractAsync(file, "a.docx");
        Assert.Equal(
            """
            Heading1 [] Pumps
            Paragraph [Pumps] Water & oil.	Tabbed.
            Heading2 [Pumps] Inherited heading
            ListItem [Pumps > Inherited heading] - Oil it
            ListItem [Pumps > Inherited heading] 1. First
            ListItem [Pumps > Inherited heading] 2. Second
            Table [Pumps > Inherited heading] Size | Weight\n2 m | 9 t
            Code [Pumps > Inherited heading] rag up\n  --sample\nrag down
            Quote [Pumps > Inherited heading] Never run dry.
            Paragraph [Pumps > Inherited heading] See the note.[1]
            Paragraph [Pumps > Inherited heading] [1] The note's text.
            Paragraph [Pumps > Inherited heading] Shown inserted.
            """,
            Extracting.Outline(document));
        Assert.Equal(("The manual", "docx-1"), (document.Title, document.Extractor));
        Extracting.AssertContract(document);
    }

    [Fact]
    public async Task The_strict_dialect_and_parts_in_unusual_places_read_alike()
    {
        const string Strict = "http://purl.oclc.org/ooxml/";
        var file = new MemoryStream();
        await using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write("_rels/.rels", $"<Relationships><Relationship Type='{Strict}officeDocument/relationships/officeDocument' Target='/word/main2.xml'/></Relationships>");
            Write("word/_rels/main2.xml.rels", $"<Relationships><Relationship Type='{Strict}officeDocument/relationships/styles' Target='s.xml'/></Relationships>");
            Write("word/s.xml", $"<w:styles xmlns:w='{Strict}wordprocessingml/main'><w:style w:type='paragraph' w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style></w:styles>");
            Write(
                "word/main2.xml",
                $"""
                <w:document xmlns:w='{Strict}wordprocessingml/main'><w:body>
                <w:sdt><w:sdtContent><w:p><w:pPr><w:pStyle w:val='berschrift1'/></w:pPr><w:r><w:t>Pumpen</w:t></w:r></w:p></w:sdtContent></w:sdt>
                <w:p><w:hyperlink><w:r><w:t xml:space='preserve'>Wasser </w:t></w:r></w:hyperlink><w:r><w:t>läuft.</w:t><w:br/><w:t>Ja.</w:t></w:r></w:p>
                </w:body></w:document>
                """);

            void Write(string part, string xml)
            {
                using var entry = new StreamWriter(archive.CreateEntry(part).Open());
                entry.Write(xml);
            }
        }

        var document = await Extracting.ExtractAsync(file.ToArray(), "a.docx");
        Assert.Equal("Heading1 [] Pumpen\nParagraph [Pumpen] Wasser läuft.\\nJa.", Extracting.Outline(document));
    }

    [Fact]
    public async Task A_bomb_is_refused_by_the_sizes_it_declares()
    {
        var bomb = SampleDocx.CreateBomb(64);
        Assert.InRange(bomb.Length, 1, 512 * 1024);
        Assert.Equal(ExtractionProblems.TooLarge, (await Extracting.FailsAsync(bomb, "a.docx")).Code);
    }

    [Fact]
    public void A_bomb_that_lies_about_its_size_gains_nothing()
    {
        var bomb = SampleDocx.CreateBomb(64);
        // The uncompressed size stands 24 bytes into the entry of the central directory (APPNOTE 4.3.12); 100 KB is what it now claims.
        var entry = bomb.AsSpan().LastIndexOf("PK\x01\x02"u8);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bomb.AsSpan(entry + 24), 100_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var problem = Assert.Throws<ExtractionException>(() => DocxReader.Extract(new MemoryStream(bomb), new ExtractionOptions()));
        Assert.Contains(problem.Code, new[] { ExtractionProblems.TooLarge, ExtractionProblems.Corrupt });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024 * 1024);
    }

    [Fact]
    public async Task A_file_cut_off_anywhere_is_called_damaged()
    {
        var whole = SampleDocx.Create("# Pumps", "Water.");
        foreach (var share in new[] { 0.1, 0.5, 0.9, 0.99 })
        {
            Assert.Equal(ExtractionProblems.Corrupt, (await Extracting.FailsAsync(whole[..(int)(whole.Length * share)], "a.docx")).Code);
        }
    }

    [Fact]
    public async Task A_password_is_recognised() =>
        Assert.Equal(ExtractionProblems.Encrypted, (await Extracting.FailsAsync(SampleDocx.CreateEncrypted(), "a.docx")).Code);

    [Fact]
    public async Task A_file_without_text_says_so() =>
        Assert.Equal(ExtractionProblems.NoText, (await Extracting.FailsAsync(SampleDocx.Create(), "a.docx")).Code);
}
