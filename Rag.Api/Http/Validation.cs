using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Http;

/// <summary>
/// Gathers what is wrong with a request, so that the caller learns all of it at once: up to <see cref="MostProblems"/>, for a large body
/// can hold millions.
/// </summary>
internal sealed class Validation
{
    public const int MostProblems = 20;

    private readonly Dictionary<string, List<string>> _problems = new(StringComparer.Ordinal);
    private int _count;

    public bool HasProblems => _count > 0;

    /// <summary>More was found than is told: looking on is of no use.</summary>
    public bool HasMore { get; private set; }

    public void Add(string field, string message)
    {
        if (_count == MostProblems)
        {
            HasMore = true;
            return;
        }

        _count++;
        Collect(field, message);
    }

    public Validation Require(bool holds, string field, string message)
    {
        if (!holds)
        {
            Add(field, message);
        }

        return this;
    }

    /// <exception cref="ProblemException"><c>invalid-request</c> when anything was added.</exception>
    public void ThrowIfAny()
    {
        if (HasProblems)
        {
            if (HasMore)
            {
                Collect("body", $"and more: only the first {MostProblems} problems are told.");
            }

            throw ProblemException.Invalid(_problems.ToDictionary(static field => field.Key, static field => field.Value.ToArray(), StringComparer.Ordinal));
        }
    }

    private void Collect(string field, string message)
    {
        if (!_problems.TryGetValue(field, out var messages))
        {
            _problems[field] = messages = [];
        }

        messages.Add(message);
    }
}
