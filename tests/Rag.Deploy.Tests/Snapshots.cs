namespace Rag.Deploy.Tests;

/// <summary>Files that are compared whole, and written anew when somebody says so: then the change is read in the version control's diff.</summary>
internal static class Snapshots
{
    /// <summary>Set to 1, tests write what they would compare.</summary>
    public const string Update = "RAG_UPDATE_SNAPSHOTS";

    public static bool AreWritten { get; } = Environment.GetEnvironmentVariable(Update) == "1";

    public static void AssertCurrent(string path, string text)
    {
        if (AreWritten)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            return;
        }

        Assert.True(File.Exists(path), $"{path} does not exist; {Update}=1 writes it.");
        var known = File.ReadAllText(path).ReplaceLineEndings("\n");
        Assert.True(known == text, $"{path} is not what is generated now; {Update}=1 writes it anew. {FirstDifference(known, text)}");
    }

    private static string FirstDifference(string known, string text)
    {
        var (before, after) = (known.Split('\n'), text.Split('\n'));
        var line = before.Zip(after).TakeWhile(static pair => pair.First == pair.Second).Count();
        return $"Line {line + 1}:\n- {before.ElementAtOrDefault(line)}\n+ {after.ElementAtOrDefault(line)}";
    }
}
