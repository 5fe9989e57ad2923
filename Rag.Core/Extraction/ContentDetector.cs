using System.IO.Compression;

namespace Rag.Core.Extraction;

/// <summary>
/// Recognises a format by its bytes. The name and the declared type only choose between formats that are all text and cannot be told
/// apart by their content (Markdown, CSV, plain text).
/// </summary>
internal static class ContentDetector
{
    private const int HeadBytes = 64 * 1024;

    // Acrobat accepts junk before the header within the first KiB, and so do the writers that produce it.
    private const int PdfHeaderWithin = 1024;

    private static readonly (byte[] Magic, string Name)[] Foreign =
    [
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], "a PNG picture"),
        ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
        ("GIF8"u8.ToArray(), "a GIF picture"),
        ("II*\0"u8.ToArray(), "a TIFF picture"),
        ("MM\0*"u8.ToArray(), "a TIFF picture"),
        ([0x1F, 0x8B], "a gzip archive"),
        ([(byte)'7', (byte)'z', 0xBC, 0xAF], "a 7-Zip archive"),
        ("Rar!"u8.ToArray(), "a RAR archive"),
        ([0x7F, (byte)'E', (byte)'L', (byte)'F'], "a program"),
        ("{\\rtf"u8.ToArray(), "a Rich Text file"),
        ("RIFF"u8.ToArray(), "a sound, picture or video file"),
        ("OggS"u8.ToArray(), "a sound or video file"),
        ("ID3"u8.ToArray(), "a sound file"),
        ("SQLite format 3"u8.ToArray(), "a SQLite database"),
    ];

    /// <param name="content">The whole file, seekable; its position is undefined afterwards.</param>
    /// <param name="fileName">As uploaded.</param>
    /// <param name="declaredMediaType">As declared, possibly with parameters.</param>
    /// <exception cref="ExtractionException">Empty, encrypted, damaged, or nothing that can be read; the message names what it is.</exception>
    public static ContentFormat Detect(Stream content, string fileName, string? declaredMediaType)
    {
        var head = new byte[(int)Math.Min(HeadBytes, content.Length)];
        content.Position = 0;
        content.ReadExactly(head);
        var extension = Path.GetExtension(fileName).ToUpperInvariant();

        if (head.AsSpan(0, Math.Min(head.Length, PdfHeaderWithin)).IndexOf("%PDF-"u8) >= 0)
        {
            return ContentFormat.Pdf;
        }

        if (head.AsSpan().StartsWith("PK\x03\x04"u8) || head.AsSpan().StartsWith("PK\x05\x06"u8))
        {
            return Archive(content, extension);
        }

        if (head.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
        {
            throw OldOffice(content);
        }

        foreach (var (magic, name) in Foreign)
        {
            if (head.AsSpan().StartsWith(magic))
            {
                throw Unsupported($"This is {name}.");
            }
        }

        if (!LooksLikeText(head))
        {
            throw Unsupported(extension is ".PDF" or ".DOCX"
                ? $"The file is named {extension.ToLowerInvariant()} but its content is something else, or it is damaged."
                : "The content is binary and of no known kind.");
        }

        return TextFormat(head, extension, MediaTypeWithoutParameters(declaredMediaType));
    }

    /// <summary>The <c>charset</c> parameter of a media type; null without one.</summary>
    public static string? Charset(string? mediaType)
    {
        foreach (var part in (mediaType ?? string.Empty).Split(';').Skip(1))
        {
            var pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length == 2 && pair[0].Equals("charset", StringComparison.OrdinalIgnoreCase))
            {
                return pair[1].Trim('"');
            }
        }

        return null;
    }

    private static ContentFormat TextFormat(ReadOnlySpan<byte> head, string extension, string declared)
    {
        if (extension == ".EML" || declared == "message/rfc822")
        {
            throw Unsupported("This is an e-mail message. Save its text as .txt or .html, or print it to PDF.");
        }

        if (SaysHtml(head))
        {
            return ContentFormat.Html;
        }

        // What the content leaves open, the name decides before the declaration: browsers declare text/plain for nearly everything.
        return extension switch
        {
            ".MD" or ".MARKDOWN" or ".MDOWN" or ".MKD" => ContentFormat.Markdown,
            ".HTML" or ".HTM" or ".XHTML" => ContentFormat.Html,
            ".CSV" => ContentFormat.Csv,
            ".TSV" => ContentFormat.Tsv,
            ".JSON" => ContentFormat.Json,
            _ => declared switch
            {
                "text/markdown" => ContentFormat.Markdown,
                "text/html" or "application/xhtml+xml" => ContentFormat.Html,
                "text/csv" => ContentFormat.Csv,
                "text/tab-separated-values" => ContentFormat.Tsv,
                "application/json" => ContentFormat.Json,
                _ => ContentFormat.Text,
            },
        };
    }

    private static bool SaysHtml(ReadOnlySpan<byte> head)
    {
        var text = TextDecoder.Decode(head[..Math.Min(head.Length, 4096)]).Text.AsSpan().TrimStart();
        while (text.StartsWith("<!--", StringComparison.Ordinal) || text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase))
        {
            var end = text.IndexOf('>');
            if (end < 0)
            {
                return false;
            }

            text = text[(end + 1)..].TrimStart();
        }

        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }

    private static bool LooksLikeText(ReadOnlySpan<byte> head)
    {
        if (TextDecoder.FromByteOrderMark(head) is not null || TextDecoder.Utf16WithoutMark(head) is not null)
        {
            return true;
        }

        var controls = 0;
        foreach (var b in head)
        {
            controls += b is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or (byte)'\b' or 0x1B) ? 1 : 0;
        }

        // A stray NUL in a log file is text; packed or binary data has one control character in every ten bytes.
        return controls * 20 <= head.Length;
    }

    private static ContentFormat Archive(Stream content, string extension)
    {
        HashSet<string> names;
        try
        {
            content.Position = 0;
            using var archive = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
            names = [.. archive.Entries.Select(static entry => entry.FullName)];
        }
        catch (InvalidDataException e)
        {
            throw new ExtractionException(
                ExtractionProblems.Corrupt,
                extension == ".DOCX"
                    ? "The Word file is damaged or cut off. Open it in Word, save it again and upload the new file."
                    : "The archive is damaged or cut off. Upload the documents in it one by one.",
                e);
        }

        bool Under(string folder) => names.Any(name => name.StartsWith(folder, StringComparison.OrdinalIgnoreCase));
        return names switch
        {
            _ when Under("word/") => ContentFormat.Docx,
            _ when Under("ppt/") => throw Unsupported("This is a PowerPoint presentation. Export it as PDF."),
            _ when Under("xl/") => throw Unsupported("This is an Excel workbook. Save the sheet as CSV."),
            _ when names.Contains("mimetype") => throw Unsupported("This is an OpenDocument or EPUB file. Save it as PDF or .docx."),
            _ => throw Unsupported("This is a ZIP archive. Upload the documents in it one by one."),
        };
    }

    private static ExtractionException OldOffice(Stream content)
    {
        // An encrypted .docx is an OLE container with a stream of this name, written in UTF-16 in its directory ([MS-OFFCRYPTO] 2.3.4.4).
        if (Contains(content, System.Text.Encoding.Unicode.GetBytes("EncryptedPackage")))
        {
            return new ExtractionException(
                ExtractionProblems.Encrypted,
                "The Office file is protected with a password. Save a copy without the password and upload that.");
        }

        return Unsupported("This is a file of an old Office version. Save it as .docx or PDF.");
    }

    private static bool Contains(Stream content, ReadOnlySpan<byte> wanted)
    {
        var buffer = new byte[HeadBytes + wanted.Length];
        var kept = 0;
        content.Position = 0;
        while (content.Read(buffer, kept, buffer.Length - kept) is var read and > 0)
        {
            var filled = buffer.AsSpan(0, kept + read);
            if (filled.IndexOf(wanted) >= 0)
            {
                return true;
            }

            kept = Math.Min(filled.Length, wanted.Length - 1);
            filled[^kept..].CopyTo(buffer);
        }

        return false;
    }

    private static string MediaTypeWithoutParameters(string? mediaType) =>
        (mediaType ?? string.Empty).Split(';')[0].Trim().ToLowerInvariant();

    private static ExtractionException Unsupported(string what) =>
        new(ExtractionProblems.UnsupportedType, $"{what} Supported are {ContentType.SupportedInWords}.");
}
