namespace Rag.Core.Extraction;

/// <summary>The formats that can be read.</summary>
internal enum ContentFormat
{
    Text,
    Markdown,
    Html,
    Pdf,
    Docx,
    Csv,
    Tsv,
    Json,
}

/// <summary>Media types of the formats that can be read.</summary>
internal static class ContentType
{
    public const string Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

    /// <summary>For messages: what a person may upload.</summary>
    public const string SupportedInWords = "PDF, Word (.docx), HTML, Markdown, CSV, JSON and plain text";

    public static string Of(ContentFormat format) => format switch
    {
        ContentFormat.Text => "text/plain",
        ContentFormat.Markdown => "text/markdown",
        ContentFormat.Html => "text/html",
        ContentFormat.Pdf => "application/pdf",
        ContentFormat.Docx => Docx,
        ContentFormat.Csv => "text/csv",
        ContentFormat.Tsv => "text/tab-separated-values",
        ContentFormat.Json => "application/json",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };
}
