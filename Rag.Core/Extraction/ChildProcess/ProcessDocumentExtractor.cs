using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>
/// Extracts in child processes (<c>rag-ingest --extract</c>), so that a hostile file costs a child and never the worker. Safe for
/// concurrent use: each document in work has its own child. Time, memory of the whole process tree, pages, nesting, unpacked
/// bytes, characters, file handles and written files are limited by <see cref="ExtractionOptions"/>. A child gets no configuration, no
/// secrets and, where the system allows it, no network.
/// </summary>
public sealed partial class ProcessDocumentExtractor : IDocumentExtractor, IAsyncDisposable
{
    private readonly ExtractionOptions _options;
    private readonly ExtractionChildPool _pool;
    private readonly TimeProvider _time;
    private readonly ILogger<ProcessDocumentExtractor> _logger;

    /// <summary>Starts nothing yet; the first document does.</summary>
    public ProcessDocumentExtractor(IOptions<ExtractionOptions> options, TimeProvider time, ILogger<ProcessDocumentExtractor> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        _pool = new ExtractionChildPool(_options, new NetworkIsolation(logger), time);
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public async Task<ExtractedDocument> ExtractAsync(ExtractionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (outcome, wasFresh) = await TryAsync(request, isFresh: false, cancellationToken);
        if (IsDoubtful(outcome, wasFresh))
        {
            (outcome, _) = await TryAsync(request, isFresh: true, cancellationToken);
        }

        return outcome.Document ?? throw ToException(outcome);
    }

    /// <summary>Ends all idle children.</summary>
    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    /// <summary>
    /// Whether something else than the document may be to blame: what a used child read before may have harmed it, and a child that
    /// is gone may have been ended by somebody, such as a machine short of memory.
    /// </summary>
    private static bool IsDoubtful(ChildOutcome outcome, bool wasFresh) =>
        outcome.Death is ChildDeath.Crashed || (!wasFresh && (outcome.Problem?.Blame is WireBlame.Fault || outcome.Death is ChildDeath.TooMuchMemory));

    private async Task<(ChildOutcome Outcome, bool WasFresh)> TryAsync(ExtractionRequest request, bool isFresh, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(request, isFresh, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full temporary folder, a share that does not answer, a right that is missing: none of it says anything of the document,
            // and all of it passes when somebody has put it right.
            throw new RagException(
                "extraction-io",
                "The original could not be copied for reading. Make sure that the temporary folder has room and may be written, and that Rag:Blobs:Path can be read.",
                isTransient: true,
                e);
        }
    }

    private async Task<(ChildOutcome Outcome, bool WasFresh)> RunAsync(ExtractionRequest request, bool isFresh, CancellationToken cancellationToken)
    {
        var child = await _pool.RentAsync(isFresh, cancellationToken);
        try
        {
            var wasFresh = child.Served == 0;
            await CopyAsync(request, child.OriginalPath, cancellationToken);

            var outcome = await child.ExtractAsync(request, cancellationToken);
            if (!child.IsUsable)
            {
                LogChildLost(child.ProcessId, outcome.Death, outcome.Problem?.Code, outcome.Problem?.Message, child.Served);
            }

            return (outcome, wasFresh);
        }
        finally
        {
            child.Forget();
            await _pool.ReturnAsync(child);
        }
    }

    /// <summary>Within the time of one document: a store that gives byte after byte must not keep a place for ever.</summary>
    private async Task CopyAsync(ExtractionRequest request, string path, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await using var original = await request.OpenContent(limit.Token);
            await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 64 * 1024, useAsync: true);
            await original.CopyToAsync(file, limit.Token);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException("The original did not come in time.", e);
        }
    }

    private RagException ToException(ChildOutcome outcome) => outcome switch
    {
        { Problem: { Blame: WireBlame.Document } problem } => new ExtractionException(problem.Code, problem.Message),
        { Problem: { Blame: WireBlame.Service } problem } => new RagException(problem.Code, problem.Message, problem.IsTransient),
        { Death: ChildDeath.TooSlow } => new ExtractionException(
            ExtractionProblems.TimedOut,
            $"Reading the file took longer than {_options.Timeout.TotalSeconds:0} seconds. Split it, or raise Rag:Extraction:Timeout."),
        { Death: ChildDeath.TooMuchMemory } => new ExtractionException(
            ExtractionProblems.OutOfMemory,
            $"Reading the file needed more than {_options.MemoryMiB} MiB of memory. Split it, or raise Rag:Extraction:MemoryMiB."),
        _ => new ExtractionException(
            ExtractionProblems.Failed,
            "The file made the reader fail; it is probably damaged. Open it, save it again and upload the new file, or report it with the file attached."),
    };

    [LoggerMessage(
        EventId = 3101,
        Level = LogLevel.Warning,
        Message = "Extraction process {ProcessId} is replaced: {Death} {Code} {Fault}, after {Served} documents")]
    private partial void LogChildLost(int processId, ChildDeath? death, string? code, string? fault, int served);
}
