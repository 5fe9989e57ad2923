using Rag.Core.Extraction;

namespace Rag.Testing.Mutations;

/// <summary>Something that must not happen to any file.</summary>
/// <param name="Number">Of the file; with the seed it makes the file again.</param>
/// <param name="What">In words.</param>
public sealed record MutationFinding(int Number, string What);

/// <summary>What came of the damaged files of one format. Safe for concurrent use while it is filled.</summary>
public sealed class MutationReport(MutatedFormat format)
{
    /// <summary>A reader failed over the file: contained by the child process, and still an error of ours.</summary>
    private static readonly string[] Never = [ExtractionProblems.Failed];

    /// <summary>Limits that a damaged PDF may reach inside poppler; a small file of another format has no business there.</summary>
    private static readonly string[] Limits = [ExtractionProblems.TimedOut, ExtractionProblems.OutOfMemory];

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _problems = new(StringComparer.Ordinal);
    private readonly List<MutationFinding> _findings = [];

    public MutatedFormat Format { get; } = format;

    /// <summary>Files run.</summary>
    public int Files { get; private set; }

    /// <summary>Files that ended as a document.</summary>
    public int Documents { get; private set; }

    /// <summary>Longest time for one file, of all ways it was read.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>The file that took longest.</summary>
    public int Slowest { get; private set; }

    /// <summary>Most bytes that the reader in this process allocated over one file.</summary>
    public long MostAllocated { get; private set; }

    /// <summary>How often each problem ended a file.</summary>
    public IReadOnlyDictionary<string, int> Problems => _problems;

    public IReadOnlyList<MutationFinding> Findings => _findings;

    internal void Add(MutationOutcome outcome)
    {
        lock (_lock)
        {
            Files++;
            if (outcome.Code is null)
            {
                Documents++;
            }
            else
            {
                _problems[outcome.Code] = _problems.GetValueOrDefault(outcome.Code) + 1;
            }
        }
    }

    internal void Check(int number, MutationOutcome outcome, string where)
    {
        lock (_lock)
        {
            (Longest, Slowest) = outcome.Time > Longest ? (outcome.Time, number) : (Longest, Slowest);
            MostAllocated = Math.Max(MostAllocated, outcome.Allocated);
            if (outcome.Code is { } code && (Never.Contains(code) || (Format.Name != "pdf" && Limits.Contains(code))))
            {
                _findings.Add(new MutationFinding(number, $"{code} {where}"));
            }
            else if (outcome.Unexpected is { } unexpected)
            {
                _findings.Add(new MutationFinding(number, $"{unexpected} {where}"));
            }
        }
    }

    internal void Differs(int number, MutationOutcome here, MutationOutcome child)
    {
        lock (_lock)
        {
            _findings.Add(new MutationFinding(number, $"{here.Code ?? "a document"} here, {child.Code ?? "a document"} in the child"));
        }
    }
}

/// <summary>What came of one file.</summary>
/// <param name="Code">Of the problem; null for a document.</param>
/// <param name="Text">Of the document.</param>
/// <param name="Unexpected">Anything else than a document or a problem of the document.</param>
/// <param name="Time">How long it took.</param>
/// <param name="Allocated">Bytes allocated, where that can be told.</param>
internal sealed record MutationOutcome(string? Code, string? Text, string? Unexpected, TimeSpan Time, long Allocated);
