using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>The repository's files as they stand on disk, without what is built or downloaded.</summary>
internal static class Repository
{
    private static readonly HashSet<string> NotOurs = new(StringComparer.Ordinal)
    {
        ".git", ".vs", ".idea", ".rag", "bin", "obj", "artifacts", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts",
    };

    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Files(string pattern, string folder = "") => Enumerate(new DirectoryInfo(Path.Combine(Root, folder)), pattern);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    public static IReadOnlyList<Project> Projects { get; } = [.. Files("*.csproj").Select(Project.Read).OrderBy(static project => project.Name, StringComparer.Ordinal)];

    private static IEnumerable<string> Enumerate(DirectoryInfo directory, string pattern) => !directory.Exists
        ? []
        : directory.EnumerateFiles(pattern).Select(static file => file.FullName)
            .Concat(directory.EnumerateDirectories().Where(static child => !NotOurs.Contains(child.Name)).SelectMany(child => Enumerate(child, pattern)));

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "RagPlatform.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("The tests run outside the repository: RagPlatform.sln was not found above them.");
    }
}

/// <summary>What a project file says about others.</summary>
internal sealed record Project(string Name, string Path, string Sdk, IReadOnlyList<string> References, IReadOnlyList<string> Packages, IReadOnlyList<string> Frameworks, IReadOnlyList<string> ForeignSources)
{
    public bool IsTest => Repository.Relative(Path).StartsWith("tests/", StringComparison.Ordinal);

    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    public static Project Read(string path)
    {
        var xml = XDocument.Load(path);
        IReadOnlyList<string> Items(string name) =>
            [.. xml.Descendants(name).Select(static item => (string?)item.Attribute("Include")).OfType<string>().Select(static value => value.Replace('\\', '/'))];
        return new Project(
            System.IO.Path.GetFileNameWithoutExtension(path),
            path,
            (string?)xml.Root!.Attribute("Sdk") ?? "",
            [.. Items("ProjectReference").Select(static reference => System.IO.Path.GetFileNameWithoutExtension(reference))],
            Items("PackageReference"),
            Items("FrameworkReference"),
            [.. Items("Compile").Where(static source => source.StartsWith("../", StringComparison.Ordinal))]);
    }
}
