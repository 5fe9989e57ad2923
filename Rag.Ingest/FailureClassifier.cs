using System.Text;
using Npgsql;
using Rag.Core;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Extraction;
using Rag.Core.Jobs;

namespace Rag.Ingest;

/// <summary>Whose fault a failure is, and what to tell the person whose document it hit.</summary>
internal static class FailureClassifier
{
    /// <param name="exception">What happened.</param>
    /// <param name="attempt">Which attempt it was, from 1.</param>
    public static (FailureKind Kind, Problem Problem) Classify(Exception exception, int attempt) => exception switch
    {
        // Time passes on a machine that has too much to do as well. Once more, later, before the document is blamed.
        ExtractionException { Code: ExtractionProblems.TimedOut } e when attempt == 1 => (FailureKind.Passing, new Problem(e.Code, e.Message)),
        ExtractionException e => (FailureKind.Document, new Problem(e.Code, e.Message)),
        // Sending the file again is all that helps.
        RagException { Code: OriginalFault.MissingCode or OriginalFault.DamagedCode } e => (FailureKind.Document, new Problem(e.Code, e.Message)),
        // What no document can do anything about, and every one in the queue meets.
        RagException { IsTransient: true, Code: "model-away" or "blobs-away" or "disk-full" or "extraction-io" or "extraction-unavailable" } e => (FailureKind.Dependency, new Problem(e.Code, e.Message)),
        RagException { IsTransient: true } e => (FailureKind.Passing, new Problem(e.Code, e.Message)),
        RagException e => (FailureKind.Ours, new Problem(e.Code, e.Message)),
        // Its message may hold anything, text of the document included.
        _ => (FailureKind.Ours, new Problem("internal", "Processing failed because of a fault in the program; the worker's log has the details. Try again after the next update.")),
    };

    /// <summary>For the log of a loop that goes on: our own message, or what an unexpected exception is and where it happened.</summary>
    public static string Brief(Exception exception) => exception is RagException ? exception.Message : Describe(exception);

    /// <summary>
    /// For the log: types and places, and messages only of exceptions whose messages are our own. Others quote what they choked on, and
    /// that is document text.
    /// </summary>
    public static string Describe(Exception exception)
    {
        var text = new StringBuilder();
        for (var current = exception; current is not null; current = current.InnerException)
        {
            var detail = current switch
            {
                PostgresException postgres => $" ({postgres.SqlState})",
                RagException rag => $": {rag.Message}",
                _ => "",
            };
            text.Append(current.GetType().FullName).AppendLine(detail).AppendLine(current.StackTrace);
        }

        return text.ToString().TrimEnd();
    }
}
