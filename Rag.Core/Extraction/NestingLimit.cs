using System.Globalization;

namespace Rag.Core.Extraction;

/// <summary>How a document ends whose elements stand too deep inside one another. (The parsers of HTML and Markdown have bounds of their own, 512 and 128.)</summary>
internal static class NestingLimit
{
    /// <param name="options">With the limit that was exceeded.</param>
    public static ExtractionException Exceeded(ExtractionOptions options) => new(
        ExtractionProblems.TooDeep,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The elements of the file stand more than {options.MaxNesting} deep inside one another, which no ordinary document's do. If it is one, raise Rag:Extraction:MaxNesting."));
}
