using System.Globalization;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;
using Rag.Testing;

namespace Rag.Deploy.Tests.Writing;

/// <summary>The whole tree of the environments that the repository ships, as it is checked in: what a change does to it is read there.</summary>
public sealed class TreeSnapshotTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Rag.Deploy.Tests", "Snapshots", "ragplatform");

    [Fact]
    public void The_tree_is_the_one_that_is_checked_in()
    {
        var tree = Tree();
        if (Snapshots.AreWritten && Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        foreach (var (path, text) in tree)
        {
            Snapshots.AssertCurrent(Path.Combine(Folder, path), text);
        }

        Assert.Equal(tree.Keys, Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(static file => Path.GetRelativePath(Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void It_is_the_same_wherever_it_is_made()
    {
        var expected = Tree();
        var before = CultureInfo.CurrentCulture;
        try
        {
            // Made here, because a machine without ICU has no culture but the invariant one.
            var elsewhere = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            elsewhere.NumberFormat.NumberDecimalSeparator = ",";
            elsewhere.NumberFormat.NegativeSign = "~";
            elsewhere.DateTimeFormat.TimeSeparator = ".";
            CultureInfo.CurrentCulture = elsewhere;
            Assert.Equal("~1,5", (-1.5).ToString(CultureInfo.CurrentCulture));

            Assert.Equal(expected, Tree());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void It_is_the_same_whenever_it_is_made()
    {
        var expected = Tree();
        var before = Environment.GetEnvironmentVariable("TZ");
        try
        {
            Environment.SetEnvironmentVariable("TZ", "Pacific/Kiritimati");
            TimeZoneInfo.ClearCachedData();

            Assert.Equal(expected, Tree());
        }
        finally
        {
            Environment.SetEnvironmentVariable("TZ", before);
            TimeZoneInfo.ClearCachedData();
        }
    }

    private static SortedDictionary<string, string> Tree()
    {
        var shipped = EnvironmentValues.Read(Path.Combine(Repository.Root, "deploy"));
        return KustomizeTree.Of(TestManifest.Platform, shipped.Common, shipped.Environments).Files;
    }
}
