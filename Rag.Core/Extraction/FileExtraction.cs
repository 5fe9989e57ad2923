using Rag.Core.Extraction.Docx;
using Rag.Core.Extraction.Formats;
using Rag.Core.Extraction.Pdf;

namespace Rag.Core.Extraction;

/// <summary>One file to read.</summary>
/// <param name="Path">The original; a file of its own, because PDF tools want one.</param>
/// <param name="FileName">As uploaded; a hint.</param>
/// <param name="MediaType">As declared; a hint.</param>
internal sealed record FileToExtract(string Path, string FileName, string? MediaType);

/// <summary>Reads one file in this process: recognises its format and hands it to that format's reader.</summary>
internal static class FileExtraction
{
    /// <param name="file">What to read.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellationToken">Ends tools that were started; pure computation is ended by ending the process.</param>
    /// <exception cref="ExtractionException">The document's fault.</exception>
    /// <exception cref="RagException">Ours: a tool is missing.</exception>
    public static async Task<ExtractedDocument> ExtractAsync(FileToExtract file, ExtractionOptions options, CancellationToken cancellationToken)
    {
        await using var content = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, useAsync: false);
        if (content.Length == 0)
        {
            throw new ExtractionException(ExtractionProblems.Empty, "The file is empty. Upload one with content.");
        }

        var format = ContentDetector.Detect(content, file.FileName, file.MediaType);
        content.Position = 0;
        cancellationToken.ThrowIfCancellationRequested();
        return format switch
        {
            ContentFormat.Pdf => await PdfReader.ExtractAsync(content, options, cancellationToken),
            ContentFormat.Docx => DocxReader.Extract(content, options),
            _ => ReadText(content, format, ContentDetector.Charset(file.MediaType), options),
        };
    }

    private static ExtractedDocument ReadText(FileStream content, ContentFormat format, string? charset, ExtractionOptions options)
    {
        // Four bytes are the most that any encoding here spends on a character.
        DocumentBuilder.EnsureTextLength(content.Length / (format == ContentFormat.Html ? 32 : 4), options);
        var bytes = new byte[checked((int)content.Length)];
        content.ReadExactly(bytes);
        if (format == ContentFormat.Html)
        {
            return HtmlText.Extract(bytes, charset, options);
        }

        var (text, warning) = TextDecoder.Decode(bytes, charset);
        DocumentBuilder.EnsureTextLength(text.Length, options);
        IReadOnlyList<string> warnings = warning is null ? [] : [warning];
        return format switch
        {
            ContentFormat.Markdown => MarkdownText.Extract(text, warnings, options),
            ContentFormat.Csv or ContentFormat.Tsv => DelimitedText.Extract(text, format, warnings, options),
            ContentFormat.Json => JsonText.Extract(text, warnings, options),
            _ => PlainText.Extract(text, ContentType.Of(ContentFormat.Text), warnings),
        };
    }
}
