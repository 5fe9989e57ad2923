using System.Globalization;

namespace Rag.Core.Extraction.Pdf;

/// <summary>
/// PDF by poppler's <c>pdfinfo</c> and <c>pdftotext</c>: pages, paragraphs in reading order, headings by the size of their letters;
/// running headers and footers are left out.
/// </summary>
internal static class PdfReader
{
    public const string Version = "pdf-1";

    // The end-of-file marker must be within the last KiB (ISO 32000-1, implementation notes); writers append a few bytes at most.
    private const int EndMarkerWithin = 1024;

    private const int MostPagesNamed = 5;

    public static async Task<ExtractedDocument> ExtractAsync(FileStream content, ExtractionOptions options, CancellationToken cancellationToken)
    {
        var isCutOff = !HasEndMarker(content);
        var info = await ReadInfoAsync(content.Name, isCutOff, options, cancellationToken);
        if (info.Pages > options.MaxPages)
        {
            throw BboxLayout.TooManyPages(info.Pages, options);
        }

        var layout = new BboxLayout(options);
        var result = await PopplerTool.RunAsync(
            "pdftotext", ["-bbox-layout", "-enc", "UTF-8", content.Name, "-"], options, layout.Read, cancellationToken);
        ThrowIfFailed(result, isCutOff);
        var pages = layout.Pages;
        if (layout.Lines.Count == 0)
        {
            throw new ExtractionException(
                ExtractionProblems.NoText,
                $"The PDF has {pages} {(pages == 1 ? "page" : "pages")} but no text: it is scanned or consists of pictures. "
                + "Run text recognition (OCR) on it and upload the result.");
        }

        var builder = new DocumentBuilder(options);
        Warn(builder, layout, pages, result.IsRepaired);
        PdfStructure.Append(builder, layout.Lines, pages);
        return builder.Build(Version, ContentType.Of(ContentFormat.Pdf), StatedTitle(info.Title) ?? builder.FirstTopHeading, pages);
    }

    /// <summary>What the file says of itself. The number only saves the reading of a file that is too long; the pages that come are counted.</summary>
    private static async Task<(int Pages, string? Title)> ReadInfoAsync(
        string path, bool isCutOff, ExtractionOptions options, CancellationToken cancellationToken)
    {
        var pages = 0;
        string? title = null;
        var result = await PopplerTool.RunAsync(
            "pdfinfo",
            ["-enc", "UTF-8", path],
            options,
            line =>
            {
                // "Pages:           12". The title and other words of the document stand above and may hold line ends, so that they look
                // like any other line: the first title counts, which is the top line, and the last number of pages.
                if (title is null && line.StartsWith("Title:", StringComparison.Ordinal))
                {
                    title = line["Title:".Length..].Trim();
                }
                else if (line.StartsWith("Pages:", StringComparison.Ordinal)
                    && int.TryParse(line.AsSpan("Pages:".Length), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var stated))
                {
                    pages = stated;
                }
            },
            cancellationToken);
        ThrowIfFailed(result, isCutOff);
        return (pages, title);
    }

    private static void ThrowIfFailed(PopplerResult result, bool isCutOff)
    {
        if (result.IsPassword)
        {
            throw new ExtractionException(
                ExtractionProblems.Encrypted, "The PDF is protected with a password. Save a copy without the password and upload that.");
        }

        if (result.ExitCode == 0)
        {
            // A rebuilt index with the end missing means that pages are missing too; half a document would answer as if it were whole.
            if (isCutOff && result.IsRepaired)
            {
                throw new ExtractionException(
                    ExtractionProblems.Corrupt, "The PDF is cut off: its end is missing. Download or export it again and upload the new file.");
            }

            return;
        }

        throw result switch
        {
            { IsOutOfMemory: true } => new ExtractionException(
                ExtractionProblems.OutOfMemory, "Reading the PDF needs more memory than Rag:Extraction:MemoryMiB allows. Split it or raise the limit."),
            { IsOutOfTime: true } => new ExtractionException(
                ExtractionProblems.TimedOut, "Reading the PDF takes longer than Rag:Extraction:Timeout allows. Split it or raise the limit."),
            _ => new ExtractionException(
                ExtractionProblems.Corrupt, "The PDF is damaged or cut off. Open it in a viewer, save or export it again and upload the new file."),
        };
    }

    private static bool HasEndMarker(FileStream content)
    {
        var tail = new byte[(int)Math.Min(EndMarkerWithin, content.Length)];
        content.Position = content.Length - tail.Length;
        content.ReadExactly(tail);
        return tail.AsSpan().IndexOf("%%EOF"u8) >= 0;
    }

    private static void Warn(DocumentBuilder builder, BboxLayout layout, int pages, bool isRepaired)
    {
        if (isRepaired)
        {
            builder.Warn("The PDF is slightly damaged; what could be read was read.");
        }

        var withText = layout.Lines.Select(static line => line.Page).ToHashSet();
        var empty = Enumerable.Range(1, pages).Where(page => !withText.Contains(page)).ToList();
        if (empty.Count > 0)
        {
            var named = string.Join(", ", empty.Take(MostPagesNamed)) + (empty.Count > MostPagesNamed ? ", …" : string.Empty);
            builder.Warn($"{empty.Count} of {pages} pages have no text (page {named}): they are blank or scanned.");
        }
    }

    private static string? StatedTitle(string? title)
    {
        if (string.IsNullOrWhiteSpace(title) || title.StartsWith("untitled", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // Word's PDF printer puts the program and the file's name where the title belongs.
        const string Printed = "Microsoft Word - ";
        return title.StartsWith(Printed, StringComparison.Ordinal) ? title[Printed.Length..] : title;
    }
}
