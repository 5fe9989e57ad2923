using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>Why a child gave no answer.</summary>
internal enum ChildDeath
{
    /// <summary>It ended by itself, or said something it may not say.</summary>
    Crashed,

    /// <summary>It was ended because it took too long.</summary>
    TooSlow,

    /// <summary>It was ended because it took too much memory, or ran out of it.</summary>
    TooMuchMemory,
}

/// <summary>What came of one document: exactly one of the three.</summary>
/// <param name="Document">The result.</param>
/// <param name="Problem">What the child says is wrong.</param>
/// <param name="Death">Why the child could not say anything.</param>
internal readonly record struct ChildOutcome(ExtractedDocument? Document, WireProblem? Problem, ChildDeath? Death);

/// <summary>The worker's handle of one child process and of the directory that belongs to it. Serves one document at a time.</summary>
internal sealed class ExtractionChild : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60); // a cold disk on a busy machine; ordinarily 0.2 s
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MemoryCheckInterval = TimeSpan.FromMilliseconds(100);

    private readonly Process _process;
    private readonly DirectoryInfo _directory;
    private readonly ExtractionOptions _options;
    private readonly TimeProvider _time;
    private readonly Task _errorsDrained;
    private readonly Task _leftoversEnded;
    private volatile bool _isOverMemory;

    private ExtractionChild(Process process, DirectoryInfo directory, ExtractionOptions options, TimeProvider time)
    {
        _process = process;
        _directory = directory;
        _options = options;
        _time = time;
        _errorsDrained = DrainErrorsAsync(process);
        _leftoversEnded = EndLeftoversAsync(process);
    }

    public int ProcessId => _process.Id;

    /// <summary>Documents answered so far.</summary>
    public int Served { get; private set; }

    /// <summary>It may be asked again.</summary>
    public bool IsUsable { get; private set; } = true;

    /// <summary>Where the next original is to be written.</summary>
    public string OriginalPath => Path.Combine(_directory.FullName, "original");

    public long ResidentBytes => ProcessTree.ResidentBytes(_process);

    /// <exception cref="RagException">It cannot be started: our failure, not the document's.</exception>
    public static async Task<ExtractionChild> StartAsync(
        ExtractionOptions options, IReadOnlyList<string> isolation, TimeProvider time, CancellationToken cancellationToken)
    {
        var directory = ChildDirectory.Create();
        ExtractionChild? child = null;
        try
        {
            var process = Process.Start(ExtractionCommandLine.Create(options, directory.FullName, isolation))
                ?? throw ExtractionCommandLine.Missing("The extraction process could not be started.", null);
            child = new ExtractionChild(process, directory, options, time);
            await child.HandshakeAsync(cancellationToken);
            return child;
        }
        catch (Exception e)
        {
            if (child is not null)
            {
                await child.DisposeAsync();
            }
            else
            {
                ChildDirectory.Remove(directory);
            }

            if (e is System.ComponentModel.Win32Exception or IOException or InvalidDataException or TimeoutException)
            {
                throw ExtractionCommandLine.Missing(
                    "The extraction process 'rag-ingest --extract' does not start on this machine. Run it by hand to see why.", e);
            }

            throw;
        }
    }

    /// <summary>Has the original at <see cref="OriginalPath"/> read. Whatever limit is exceeded ends the process with all it started.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; the process is ended.</exception>
    public async Task<ChildOutcome> ExtractAsync(ExtractionRequest request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var watched = new CancellationTokenSource();
        await using var kill = limit.Token.Register(static state => ((ExtractionChild)state!).Kill(), this);
        var memory = WatchMemoryAsync(watched.Token);
        try
        {
            var file = new FileToExtract(OriginalPath, request.FileName, request.DeclaredMediaType);
            await ExtractionWire.WriteAsync(_process.StandardInput.BaseStream, FrameKind.Request, file, ExtractionWireJson.Default.FileToExtract, limit.Token);
            var outcome = await AnswerAsync(limit.Token);
            Served++;
            IsUsable &= outcome.Problem?.Blame is not WireBlame.Fault && outcome.Death is null;
            return outcome;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or JsonException or OperationCanceledException or DecoderFallbackException)
        {
            Kill();
            cancellationToken.ThrowIfCancellationRequested();
            return new ChildOutcome(null, null, timeout.IsCancellationRequested ? ChildDeath.TooSlow : Death());
        }
        finally
        {
            await watched.CancelAsync();
            await memory;
        }
    }

    /// <summary>Removes the document: an idle child keeps none. One that cannot do without it is ended; an ended one loses its whole directory.</summary>
    public void Forget()
    {
        try
        {
            if (IsUsable)
            {
                File.Delete(OriginalPath);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        try
        {
            using var limit = new CancellationTokenSource(EndLimit);
            await _leftoversEnded.WaitAsync(limit.Token);
            await _errorsDrained.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // a process that even SIGKILL does not end at once hangs in the kernel; waiting longer helps nobody
        }

        _process.Dispose();
        ChildDirectory.Remove(_directory);
    }

    private async Task HandshakeAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(StartLimit, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await ExtractionWire.WriteAsync(
                _process.StandardInput.BaseStream, FrameKind.Options, _options, ExtractionWireJson.Default.ExtractionOptions, limit.Token);
            var frame = await ExtractionWire.ReadAsync(_process.StandardOutput.BaseStream, static _ => ExtractionWire.MostMessageBytes, limit.Token);
            if (frame is not (FrameKind.Ready, _))
            {
                throw new InvalidDataException("The child did not say that it is ready.");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The child did not say in time that it is ready.");
        }
    }

    private async Task<ChildOutcome> AnswerAsync(CancellationToken cancellationToken)
    {
        var output = _process.StandardOutput.BaseStream;
        switch (await ExtractionWire.ReadAsync(output, LimitOf, cancellationToken))
        {
            case (FrameKind.Problem, var payload):
                var problem = JsonSerializer.Deserialize(payload, ExtractionWireJson.Default.WireProblem) ?? throw new InvalidDataException("An empty problem.");
                return problem is { Blame: WireBlame.Fault, Code: ExtractionProblems.OutOfMemory }
                    ? new ChildOutcome(null, null, ChildDeath.TooMuchMemory)
                    : new ChildOutcome(null, problem, null);
            case (FrameKind.Document, var payload):
                var document = JsonSerializer.Deserialize(payload, ExtractionWireJson.Default.WireDocument) ?? throw new InvalidDataException("An empty document.");
                if (await ExtractionWire.ReadAsync(output, LimitOf, cancellationToken) is not (FrameKind.Text, var text))
                {
                    throw new InvalidDataException("A document without its text.");
                }

                return new ChildOutcome(document.ToDocument(Strict.GetString(text)), null, null);
            case null:
                return new ChildOutcome(null, null, Death());
            default:
                throw new InvalidDataException("A frame that was not expected.");
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Three bytes for a UTF-16 code unit are the most that UTF-8 needs.
    private int LimitOf(FrameKind kind) => kind switch
    {
        FrameKind.Text => (int)Math.Min(Array.MaxLength, _options.MaxMillionCharacters * 3_000_000L),
        FrameKind.Document => ExtractionWire.MostStructureBytes,
        _ => ExtractionWire.MostMessageBytes,
    };

    private ChildDeath Death() => _isOverMemory ? ChildDeath.TooMuchMemory : ChildDeath.Crashed;

    private void Kill()
    {
        IsUsable = false;
        try
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // it ended in the same moment
        }
    }

    /// <summary>
    /// Whatever ended the child (the worker, the kernel for want of memory, its own fault): what it started ends with it. Not left to those who wait for
    /// an answer, since a tool that holds the child's output open keeps its end from them, and since an idle child has nobody who waits.
    /// </summary>
    private static async Task EndLeftoversAsync(Process process)
    {
        var leader = process.Id;
        await process.WaitForExitAsync();
        ProcessGroup.EndLeftovers(leader);
    }

    private async Task WatchMemoryAsync(CancellationToken cancellationToken)
    {
        var limit = _options.MemoryMiB * 1024L * 1024;
        try
        {
            while (true)
            {
                await Task.Delay(MemoryCheckInterval, _time, cancellationToken);
                if (ResidentBytes > limit)
                {
                    _isOverMemory = true;
                    Kill();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the document is done
        }
    }

    /// <summary>Keeps the child from blocking on its errors. They are not kept: a reader's message may quote the document.</summary>
    private static async Task DrainErrorsAsync(Process process)
    {
        var buffer = new byte[4096];
        try
        {
            while (await process.StandardError.BaseStream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // the process is gone
        }
    }
}
