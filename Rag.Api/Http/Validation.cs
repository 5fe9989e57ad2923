using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Http;

/// <summary>Gathers what is wrong with a request, so that the caller learns all of it at once.</summary>
internal sealed class Validation
{
    private readonly Dictionary<string, List<string>> _problems = new(StringComparer.Ordinal);

    public bool HasProblems => _problems.Count > 0;

    public void Add(string field, string message)
    {
        if (!_problems.TryGetValue(field, out var messages))
        {
            _problems[field] = messages = [];
        }

        messages.Add(message);
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
            throw ProblemException.Invalid(_problems.ToDictionary(static field => field.Key, static field => field.Value.ToArray(), StringComparer.Ordinal));
        }
    }
}
