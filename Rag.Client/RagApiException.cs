using System.Net;

namespace Rag.Client;

/// <summary>
/// The API refused, failed, or could not be reached. The message is fit for a person: it is the problem's detail, with the field errors.
/// </summary>
public sealed class RagApiException : Exception
{
    internal RagApiException(ProblemDetails problem, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(Describe(problem), inner)
    {
        Problem = problem;
        RetryAfter = retryAfter;
    }

    /// <summary>What the API said. For an API that could not be reached it is made here: status 0, code <see cref="Unreachable"/>.</summary>
    public ProblemDetails Problem { get; }

    /// <summary>The stable code: <c>collection-not-found</c>, <c>key-unknown</c>, ...</summary>
    public string Code => Problem.Code;

    /// <summary>HTTP status; 0 when there was no answer.</summary>
    public HttpStatusCode Status => (HttpStatusCode)Problem.Status;

    /// <summary>How long the API asks to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The code of <see cref="Problem"/> when nothing answered.</summary>
    public const string Unreachable = "api-away";

    private static string Describe(ProblemDetails problem)
    {
        var detail = problem.Detail ?? problem.Title ?? $"The API answered {problem.Status}.";
        return problem.Errors is not { Count: > 0 } errors
            ? detail
            : $"{detail} {string.Join(' ', errors.Select(static field => $"{field.Key}: {string.Join(' ', field.Value)}"))}";
    }
}
