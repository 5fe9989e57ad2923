namespace Rag.Deploy.Writing;

/// <summary>
/// Puts a tree into a folder: everything or nothing. Files that an earlier run wrote and this one does not are removed; whatever else lies in
/// the folder, secrets above all, is left alone.
/// </summary>
public static class TreeWriter
{
    /// <summary>Names what was written, so that the next run knows what is its own.</summary>
    public const string Inventory = ".generated";

    /// <summary>Writes it.</summary>
    /// <returns>Paths that are new or have changed, and those that were removed, relative to the folder.</returns>
    /// <exception cref="IOException">The folder cannot be written; it is as it was before.</exception>
    public static (IReadOnlyList<string> Written, IReadOnlyList<string> Removed) Write(GeneratedTree tree, string folder)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        var inventory = Path.Combine(folder, Inventory);
        var before = File.Exists(inventory) ? File.ReadAllLines(inventory) : [];
        var changed = tree.Files.Where(file => !Holds(Path.Combine(folder, file.Key), file.Value)).ToList();
        var removed = before.Where(path => path.Length > 0 && !tree.Files.ContainsKey(path) && File.Exists(Path.Combine(folder, path))).ToList();

        // First everything beside its place, because that is what can fail (no space, no right); then each into its place.
        var staged = new List<(string From, string To)>();
        try
        {
            foreach (var (path, text) in changed)
            {
                var to = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                var from = to + ".new";
                staged.Add((from, to));
                File.WriteAllText(from, text);
            }
        }
        catch
        {
            staged.ForEach(static file => File.Delete(file.From));
            throw;
        }

        // The inventory names the old and the new until the old are gone: a run that ends here leaves nothing that nobody knows of.
        File.WriteAllLines(inventory, before.Union(tree.Files.Keys).Order(StringComparer.Ordinal));
        staged.ForEach(static file => File.Move(file.From, file.To, overwrite: true));
        removed.ForEach(path => Remove(folder, path));
        File.WriteAllLines(inventory, tree.Files.Keys);
        return ([.. changed.Select(static file => file.Key)], removed);
    }

    private static bool Holds(string path, string text) => File.Exists(path) && File.ReadAllText(path) == text;

    private static void Remove(string folder, string path)
    {
        File.Delete(Path.Combine(folder, path));
        for (var parent = Path.GetDirectoryName(path); !string.IsNullOrEmpty(parent) && !Directory.EnumerateFileSystemEntries(Path.Combine(folder, parent)).Any(); parent = Path.GetDirectoryName(parent))
        {
            Directory.Delete(Path.Combine(folder, parent));
        }
    }
}
