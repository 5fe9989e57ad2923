using Npgsql;
using Rag.Core;
using Rag.Core.Extraction;
using Rag.Core.Jobs;

namespace Rag.Ingest.Tests;

public sealed class FailureClassifierTests
{
    [Fact]
    public void Each_failure_has_somebody_whose_fault_it_is()
    {
        Assert.Equal(FailureKind.Document, FailureClassifier.Classify(new ExtractionException("encrypted-file", "It asks for a password."), attempt: 1).Kind);
        Assert.Equal(FailureKind.Document, FailureClassifier.Classify(new RagException("no-original", "It is missing."), attempt: 1).Kind);
        Assert.Equal(FailureKind.Dependency, FailureClassifier.Classify(new RagException("model-away", "No answer.", isTransient: true), attempt: 1).Kind);
        Assert.Equal(FailureKind.Passing, FailureClassifier.Classify(new RagException("child-away", "It did not start.", isTransient: true), attempt: 1).Kind);
        Assert.Equal(FailureKind.Ours, FailureClassifier.Classify(new RagException("model-failed", "Wrong key."), attempt: 1).Kind);
        Assert.Equal(FailureKind.Passing, FailureClassifier.Classify(new ExtractionException(ExtractionProblems.TimedOut, "Slow."), attempt: 1).Kind);
        Assert.Equal(FailureKind.Document, FailureClassifier.Classify(new ExtractionException(ExtractionProblems.TimedOut, "Slow."), attempt: 2).Kind);
        Assert.Equal(FailureKind.Ours, FailureClassifier.Classify(new ArgumentException("x"), attempt: 1).Kind);
    }

    [Fact]
    public void The_log_shows_where_it_happened_but_nothing_of_the_document()
    {
        Exception caught;
        try
        {
            try
            {
                throw new PostgresException("invalid: 'secret text'", "ERROR", "ERROR", "22P05");
            }
            catch (PostgresException e)
            {
                throw new InvalidOperationException("Cannot handle 'secret text'.", e);
            }
        }
        catch (InvalidOperationException e)
        {
            caught = e;
        }

        var described = FailureClassifier.Describe(caught);

        Assert.DoesNotContain("secret", described, StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException", described, StringComparison.Ordinal);
        Assert.Contains("22P05", described, StringComparison.Ordinal);
        Assert.Contains(nameof(The_log_shows_where_it_happened_but_nothing_of_the_document), described, StringComparison.Ordinal);
    }
}
