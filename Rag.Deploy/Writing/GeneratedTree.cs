namespace Rag.Deploy.Writing;

/// <summary>Files to be written.</summary>
/// <param name="Files">Text by relative path with forward slashes, in the order of the paths.</param>
public sealed record GeneratedTree(SortedDictionary<string, string> Files)
{
    /// <summary>Puts trees together.</summary>
    /// <exception cref="ArgumentException">Two of them hold the same path.</exception>
    public static GeneratedTree Of(IEnumerable<KeyValuePair<string, string>> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, text) in files)
        {
            all.Add(path, text);
        }

        return new GeneratedTree(all);
    }
}
