using System.Text.Json;
using Rag.Core.Documents;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Evaluation;

/// <summary>Keeps the figures of evaluation runs, so that a change of settings can be compared with what was before it. Thread-safe.</summary>
public sealed class EvaluationHistory(Database database)
{
    /// <summary>Adds a run.</summary>
    public async Task<EvaluationRun> AddAsync(EvaluationRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var created = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    "insert into eval_runs (id, collection_id, name, mode, settings, metrics) values ($1, $2, $3, $4, $5, $6) returning created",
                    run.Id,
                    run.Collection.Value,
                    run.Name,
                    RetrievalTelemetry.Lower(run.Mode),
                    new Json(JsonSerializer.Serialize(run.Settings)),
                    new Json(JsonSerializer.Serialize(run.Metrics)))
                .ScalarAsync<DateTime>(token),
            cancellationToken);
        return run with { Created = new DateTimeOffset(created, TimeSpan.Zero) };
    }

    /// <summary>The runs of a collection, newest first.</summary>
    public Task<List<EvaluationRun>> ListAsync(CollectionId collection, int limit, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                "select id, name, mode, settings::text, metrics::text, created from eval_runs where collection_id = $1 order by created desc, id desc limit $2",
                collection.Value,
                limit)
            .ListAsync(
                r => new EvaluationRun
                {
                    Id = r.GetGuid(0),
                    Collection = collection,
                    Name = r.GetString(1),
                    Mode = Enum.Parse<SearchMode>(r.GetString(2), ignoreCase: true),
                    Settings = JsonSerializer.Deserialize<Dictionary<string, string>>(r.GetString(3)) ?? [],
                    Metrics = JsonSerializer.Deserialize<EvaluationMetrics>(r.GetString(4))!,
                    Created = r.GetFieldValue<DateTimeOffset>(5),
                },
                token),
        cancellationToken);
}

/// <summary>One run over one collection in one mode.</summary>
public sealed record EvaluationRun
{
    /// <summary>UUIDv7.</summary>
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>What was searched.</summary>
    public required CollectionId Collection { get; init; }

    /// <summary>Name of the judged collection.</summary>
    public required string Name { get; init; }

    /// <summary>How it was searched.</summary>
    public required SearchMode Mode { get; init; }

    /// <summary>What the figures depend on: analyzer, embedding model, reranker.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The figures.</summary>
    public required EvaluationMetrics Metrics { get; init; }

    /// <summary>By the database's clock.</summary>
    public DateTimeOffset Created { get; init; }
}

/// <summary>Means over the judged queries of a run.</summary>
public sealed record EvaluationMetrics(int Queries, double Ndcg10, double Recall100, double Mrr10);
