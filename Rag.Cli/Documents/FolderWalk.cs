namespace Rag.Cli.Documents;

/// <summary>A file to send.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">Its file name, the document's name.</param>
/// <param name="SourceId">
/// Its path within the folder that was named, with <c>/</c>; null for a file that was named itself, which the API then knows by its content.
/// </param>
internal sealed record FileToSend(string Path, string Name, string? SourceId);

/// <summary>Turns paths of a command line into files.</summary>
internal static class FolderWalk
{
    // Hidden files are editors' and version control's own; links to folders can lead round in circles.
    private static readonly EnumerationOptions Walk = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
    };

    /// <summary>The files named by <paramref name="paths"/>, folders with everything below them, in a stable order, each once.</summary>
    /// <exception cref="CliException">A path does not exist, or two files would become the same document.</exception>
    public static IReadOnlyList<FileToSend> Find(IEnumerable<string> paths, string workingDirectory)
    {
        var found = new List<FileToSend>();
        foreach (var path in paths)
        {
            var full = Path.GetFullPath(path, workingDirectory);
            if (File.Exists(full))
            {
                found.Add(new FileToSend(full, Path.GetFileName(full), SourceId: null));
            }
            else if (Directory.Exists(full))
            {
                found.AddRange(Below(full));
            }
            else
            {
                throw new CliException($"There is no file or folder '{path}'.", remedy: null, ExitCode.Usage);
            }
        }

        List<FileToSend> files = [.. found.DistinctBy(file => file.Path, StringComparer.Ordinal)];
        RequireDistinctSources(files);
        return files;
    }

    // The second would replace the first without a word. A prefix made up here would make other documents of them than the same folder named alone.
    private static void RequireDistinctSources(IEnumerable<FileToSend> files)
    {
        var twice = files.Where(file => file.SourceId is not null).GroupBy(file => file.SourceId, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any());
        if (twice is not null)
        {
            throw new CliException(
                $"'{twice.Key}' is in more than one of the folders, and one would replace the other: {string.Join(", ", twice.Select(file => file.Path))}.",
                "Name the folder that holds them all, or ingest each folder into a collection of its own. Nothing was sent.",
                ExitCode.Usage);
        }
    }

    private static IEnumerable<FileToSend> Below(string folder) => Directory.EnumerateFiles(folder, "*", Walk)
        .Order(StringComparer.Ordinal)
        .Select(path => new FileToSend(path, Path.GetFileName(path), Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')));
}
