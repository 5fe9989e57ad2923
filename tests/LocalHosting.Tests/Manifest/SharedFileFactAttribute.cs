using Rag.Testing;

namespace LocalHosting.Tests.Manifest;

/// <summary>
/// A test that needs a file of the folder <c>shared</c> (RAG_SHARED, else beside the repository), which comes from elsewhere and is not
/// copied here. Without it the test is skipped and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedFileFactAttribute : FactAttribute
{
    public SharedFileFactAttribute(string file)
    {
        if (!File.Exists(Repository.Shared(file)))
        {
            Skip = $"needs {file} in the folder 'shared' (set RAG_SHARED)";
        }
    }
}
