using System.Diagnostics;
using Microsoft.Extensions.Options;
using Rag.Core.Extraction;

namespace Rag.Testing.Mutations;

/// <summary>
/// Has damaged files read, by the readers in this process and by the child process, and notes what came of them. Each must end as a
/// document that keeps its contract or as a problem of that document, within <see cref="Patience"/>, and the same both ways.
/// </summary>
public static class MutationRun
{
    /// <summary>No damaged file of these sizes takes a tenth of it, also on a busy machine; beyond it a reader hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>As much as the child gives its readers.</summary>
    private const int StackBytes = 16 * 1024 * 1024;

    /// <param name="format">What to damage.</param>
    /// <param name="seed">Chooses the files.</param>
    /// <param name="count">How many files.</param>
    /// <param name="here">Read in this process; a hang or a stack that overflows ends it.</param>
    /// <param name="child">Read in child processes; null for not.</param>
    /// <param name="parallel">Files at the same time.</param>
    /// <param name="cancellationToken">Ends the run between files.</param>
    public static async Task<MutationReport> RunAsync(
        MutatedFormat format, int seed, int count, bool here, IDocumentExtractor? child, int parallel, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(format);
        var report = new MutationReport(format);
        var inProcess = here ? new InProcessDocumentExtractor(Options.Create(new ExtractionOptions())) : null;
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken },
            async (number, token) =>
            {
                var request = Request(format, format.File(seed, number));
                var inChild = child is null ? null : await TryAsync(child, request, token);
                if (inChild is not null)
                {
                    report.Check(number, inChild, "in the child");
                }

                // What ended a child would end this process.
                var isFit = inChild is null || (inChild.Unexpected is null && inChild.Code != ExtractionProblems.Failed);
                var inHere = inProcess is null || !isFit ? null : await OnOwnThreadAsync(inProcess, request);
                if (inHere is not null)
                {
                    report.Check(number, inHere, "here");
                    if (inChild is not null && (inHere.Code, inHere.Text) != (inChild.Code, inChild.Text))
                    {
                        report.Differs(number, inHere, inChild);
                    }
                }

                report.Add((inHere ?? inChild)!);
            });
        return report;
    }

    private static ExtractionRequest Request(MutatedFormat format, byte[] file) => new(format.FileName, null, _ => Task.FromResult<Stream>(new MemoryStream(file)));

    private static async Task<MutationOutcome> OnOwnThreadAsync(InProcessDocumentExtractor extractor, ExtractionRequest request)
    {
        var result = new TaskCompletionSource<MutationOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var outcome = TryAsync(extractor, request, CancellationToken.None).GetAwaiter().GetResult();
                result.SetResult(outcome with { Allocated = GC.GetAllocatedBytesForCurrentThread() - before });
            },
            StackBytes)
        {
            IsBackground = true,
            Name = "mutation",
        };
        thread.Start();
        return await Task.WhenAny(result.Task, Task.Delay(Patience)) == result.Task
            ? await result.Task
            : new MutationOutcome(null, null, "hangs", Patience, 0);
    }

    private static async Task<MutationOutcome> TryAsync(IDocumentExtractor extractor, ExtractionRequest request, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var document = await extractor.ExtractAsync(request, cancellationToken);
            return new MutationOutcome(null, document.Text, Breach(document), clock.Elapsed, 0);
        }
        catch (ExtractionException e)
        {
            return new MutationOutcome(e.Code, null, null, clock.Elapsed, 0);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new MutationOutcome(null, null, $"{e.GetType().Name} at {Place(e)}", clock.Elapsed, 0);
        }
    }

    /// <summary>How a document breaks its contract; null when it keeps it.</summary>
    private static string? Breach(ExtractedDocument document)
    {
        if (!TextNormalizer.IsNormalized(document.Text))
        {
            return "text that is not normalised";
        }

        var at = 0;
        foreach (var block in document.Blocks)
        {
            if (block.Start < at || block.End <= block.Start || block.End > document.Text.Length || !document.Text.AsSpan(at, block.Start - at).IsWhiteSpace())
            {
                return "blocks that overlap or leave text out";
            }

            at = block.End;
        }

        return document.Text.AsSpan(at).IsWhiteSpace() ? null : "text behind the last block";
    }

    private static string Place(Exception exception) =>
        exception.StackTrace?.Split('\n').Select(static line => line.Trim()).FirstOrDefault(static line => line.Contains("Rag.Core", StringComparison.Ordinal)) ?? "an unknown place";
}
