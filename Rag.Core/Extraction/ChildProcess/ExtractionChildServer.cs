using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>
/// The child's side: reads documents one after another as the worker asks for them, and ends with the worker. What it is given may be
/// hostile, so it trusts only its limits; what it says is checked on the other side.
/// </summary>
public static class ExtractionChildServer
{
    /// <summary>The only argument of the child.</summary>
    public const string Switch = "--extract";

    /// <summary>Environment variable with the directory that belongs to the child.</summary>
    public const string DirectoryVariable = "RAG_EXTRACT_DIRECTORY";

    /// <summary>Recursive readers (Markdown) get more room than a pool thread has; running over it ends the process, which the worker expects.</summary>
    private const int StackBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan TimeToStopTools = TimeSpan.FromSeconds(2);

    /// <summary>Serves until the worker closes <paramref name="input"/> or a document has left the process unfit.</summary>
    /// <param name="input">Frames from the worker.</param>
    /// <param name="output">Frames to the worker; nothing else may be written there.</param>
    /// <param name="ownDirectory">Removed when the worker is gone without having done it; null for none.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Stream input, Stream output, string? ownDirectory)
    {
        // A child ends with its worker and not by signals to the group, which the runtime would obey even where its starter ignored them.
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
        var ignored = Array.ConvertAll(signals, static signal => PosixSignalRegistration.Create(signal, static context => context.Cancel = true));
        try
        {
            return await ServeAsync(input, output, ownDirectory);
        }
        finally
        {
            Array.ForEach(ignored, static registration => registration.Dispose());
        }
    }

    private static async Task<int> ServeAsync(Stream input, Stream output, string? ownDirectory)
    {
        var first = await NextAsync(input);
        if (first is not (FrameKind.Options, var limits) || JsonSerializer.Deserialize(limits, ExtractionWireJson.Default.ExtractionOptions) is not { } options)
        {
            await Console.Error.WriteLineAsync("rag-ingest --extract is started by the ingestion worker and speaks its protocol on standard input and output.");
            return 2;
        }

        await ExtractionWire.WriteAsync(output, FrameKind.Ready, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        var next = NextAsync(input);
        while (await next is (FrameKind.Request, var payload) && JsonSerializer.Deserialize(payload, ExtractionWireJson.Default.FileToExtract) is { } request)
        {
            using var stop = new CancellationTokenSource();
            var work = OnOwnThread(() => AnswerAsync(output, request, options, stop.Token));

            // Read on meanwhile: the end of the input says that the worker is gone. (The next request may be there before this
            // thread has noticed that its answer is complete.)
            next = NextAsync(input);
            if (await Task.WhenAny(work, next) == next && (next.IsFaulted || await next is null))
            {
                await stop.CancelAsync();
                await Task.WhenAny(work, Task.Delay(TimeToStopTools, CancellationToken.None));
                break;
            }

            if (!await work)
            {
                return 1;
            }
        }

        RemoveQuietly(ownDirectory);
        return 0;
    }

    private static Task<(FrameKind Kind, byte[] Payload)?> NextAsync(Stream input) =>
        ExtractionWire.ReadAsync(input, static _ => ExtractionWire.MostMessageBytes, CancellationToken.None);

    private static async Task<bool> AnswerAsync(Stream output, FileToExtract request, ExtractionOptions options, CancellationToken cancellationToken)
    {
        WireProblem problem;
        try
        {
            var document = await FileExtraction.ExtractAsync(request, options, cancellationToken);
            await ExtractionWire.WriteAsync(output, FrameKind.Document, WireDocument.From(document), ExtractionWireJson.Default.WireDocument, cancellationToken);
            await ExtractionWire.WriteAsync(output, FrameKind.Text, Encoding.UTF8.GetBytes(document.Text), cancellationToken);
            return true;
        }
        catch (ExtractionException e)
        {
            problem = new WireProblem(WireBlame.Document, e.Code, e.Message, false);
        }
        catch (RagException e)
        {
            problem = new WireProblem(WireBlame.Service, e.Code, e.Message, e.IsTransient);
        }
        catch (IOException e) when (FileLimits.IsExceeded(e))
        {
            problem = new WireProblem(WireBlame.Document, ExtractionProblems.TooManyFiles, FileLimits.Message(options), false);
        }
        // A stream that ends too early is the document's, not the disk's.
        catch (Exception e) when (e is (IOException and not EndOfStreamException) or UnauthorizedAccessException)
        {
            problem = new WireProblem(WireBlame.Service, "extraction-io", $"The extraction process could not read or write its files ({e.GetType().Name}).", true);
        }
        catch (OutOfMemoryException)
        {
            problem = new WireProblem(WireBlame.Fault, ExtractionProblems.OutOfMemory, string.Empty, false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The boundary of the process: whatever a reader throws over a document, the worker hears of it in words.
            problem = new WireProblem(WireBlame.Fault, ExtractionProblems.Failed, e.GetType().Name, false);
        }

        await ExtractionWire.WriteAsync(output, FrameKind.Problem, problem, ExtractionWireJson.Default.WireProblem, cancellationToken);
        return problem.Blame != WireBlame.Fault;
    }

    private static Task<bool> OnOwnThread(Func<Task<bool>> work)
    {
        var result = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                try
                {
                    result.SetResult(work().GetAwaiter().GetResult());
                }
                catch (Exception e)
                {
                    result.SetException(e);
                }
            },
            StackBytes)
        {
            IsBackground = true,
            Name = "extraction",
        };
        thread.Start();
        return result.Task;
    }

    private static void RemoveQuietly(string? directory)
    {
        try
        {
            if (directory is not null && Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the worker removed it in the same moment
        }
    }
}
