using Rag.Core;
using Rag.Core.Documents;
using Rag.Core.Extraction;
using Rag.Core.Jobs;

namespace Rag.Ingest;

/// <summary>Whose fault a failure is, and what to tell the person whose document it hit.</summary>
internal static class FailureClassifier
{
    public static (FailureKind Kind, Problem Problem) Classify(Exception exception) => exception switch
    {
        ExtractionException e => (FailureKind.Document, new Problem(e.Code, e.Message)),
        // Sending the file again is all that helps.
        RagException { Code: "no-original" } e => (FailureKind.Document, new Problem(e.Code, e.Message)),
        RagException { IsTransient: true } e => (FailureKind.Passing, new Problem(e.Code, e.Message)),
        RagException e => (FailureKind.Ours, new Problem(e.Code, e.Message)),
        // Its message may hold anything, text of the document included.
        _ => (FailureKind.Ours, new Problem("internal", "Processing failed because of a fault in the program; the worker's log has the details. Try again after the next update.")),
    };
}
