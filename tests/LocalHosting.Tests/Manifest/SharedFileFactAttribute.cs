using System.Runtime.CompilerServices;

namespace LocalHosting.Tests.Manifest;

/// <summary>
/// A test that needs a file of the folder <c>shared</c> (RAG_SHARED, else beside the repository), which comes from elsewhere and is not
/// copied here. Without it the test is skipped and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedFileFactAttribute : FactAttribute
{
    public SharedFileFactAttribute(string file, [CallerFilePath] string source = "")
    {
        if (!File.Exists(PathOf(file, source)))
        {
            Skip = $"needs {file} in the folder 'shared' (set RAG_SHARED)";
        }
    }

    public static string PathOf(string file, [CallerFilePath] string source = "")
    {
        var shared = Environment.GetEnvironmentVariable("RAG_SHARED")
            ?? Path.GetFullPath("../../../../shared", Path.GetDirectoryName(source)!);
        return Path.Combine(shared, file);
    }
}
