using Npgsql;
using Rag.Core;
using Rag.Core.Storage;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Http;

/// <summary>The engine's failures as problems. Their codes are the same; what has no status of its own is a fault of ours.</summary>
internal sealed class EngineProblems : IProblemMapper
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    public ProblemException? Map(Exception exception) => exception switch
    {
        RagException rag => Of(rag),
        NpgsqlException npgsql when StorageException.From(npgsql) is { } storage => Of(storage),
        _ => null,
    };

    public static ProblemException Of(RagException exception) => new(exception.Code, exception.Message, exception)
    {
        RetryAfter = exception.IsTransient ? RetryAfter : null,
    };
}
