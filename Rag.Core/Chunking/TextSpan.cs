namespace Rag.Core.Chunking;

/// <summary>A half-open run of UTF-16 code units, <c>text[Start..End)</c>.</summary>
/// <param name="Start">First code unit.</param>
/// <param name="End">One past the last.</param>
public readonly record struct TextSpan(int Start, int End)
{
    /// <summary>Number of code units.</summary>
    public int Length => End - Start;

    /// <summary>The text it covers.</summary>
    public ReadOnlySpan<char> Of(ReadOnlySpan<char> text) => text[Start..End];
}
