namespace Rag.Cli.Questions;

/// <summary>How a source is named to a person.</summary>
internal static class SourceLine
{
    /// <summary>Title, file name and page, as far as they are known: <c>Night work (handbook.pdf, page 3)</c>.</summary>
    public static string Of(string? title, string documentName, int? page)
    {
        var where = page is null ? null : $"page {page}";
        return Printable.Line(string.IsNullOrWhiteSpace(title) || title == documentName
            ? where is null ? documentName : $"{documentName}, {where}"
            : where is null ? $"{title} ({documentName})" : $"{title} ({documentName}, {where})");
    }
}
