using Rag.Testing;

namespace Rag.Core.Tests.Evaluation;

/// <summary>A theory over judged collections, which are not part of the repository: skipped with the reason where they are not there.</summary>
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute()
    {
        if (Directory is null)
        {
            Skip = "The judged collections are not here: set RAG_SHARED to the folder that holds 'ir', or put it beside the repository as '../shared'.";
        }
    }

    /// <summary>The folder of the collections; null where there is none.</summary>
    public static string? Directory { get; } = System.IO.Directory.Exists(Repository.Shared("ir")) ? Repository.Shared("ir") : null;
}
