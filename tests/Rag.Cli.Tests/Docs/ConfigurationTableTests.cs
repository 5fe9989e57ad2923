using System.Text.RegularExpressions;

namespace Rag.Cli.Tests.Docs;

/// <summary>The table of configuration keys against the options in the sources: a key that nobody can find is not configurable.</summary>
public sealed class ConfigurationTableTests
{
    private static readonly string Root = Checkout.Find(ragHome: null)!.Root;

    [Fact]
    public void Every_option_of_the_services_is_in_the_table()
    {
        var table = File.ReadAllLines(Path.Combine(Root, "docs", "operations.md")).Where(line => line.StartsWith("| `Rag:", StringComparison.Ordinal)).ToList();
        var options = ServiceOptions().ToList();
        Assert.True(options.Count > 50, $"Only {options.Count} options were found: are they declared in another way now?");
        Assert.Empty(options.Where(option => !table.Exists(row => Names(row, option.Section).Contains(option.Key, StringComparer.Ordinal))).Select(option => $"Rag:{option.Section}:{option.Key}"));
    }

    [Fact]
    public void The_table_names_no_option_that_is_gone()
    {
        var known = ServiceOptions().ToHashSet();
        var named = File.ReadAllLines(Path.Combine(Root, "docs", "operations.md"))
            .Select(SectionOf)
            .OfType<string>()
            .Distinct()
            .SelectMany(section => File.ReadAllLines(Path.Combine(Root, "docs", "operations.md")).SelectMany(row => Names(row, section)).Select(key => (section, key)));
        Assert.Empty(named.Except(known));
    }

    /// <summary>Keys of a row such as <c>| `Rag:Jobs:PollInterval`, `DrainTime` | ...</c>, when it is of this section.</summary>
    private static IEnumerable<string> Names(string row, string section) =>
        SectionOf(row) == section
            ? Regex.Matches(row.Split('|')[1], @"`(?:Rag:[\w:]+:)?(\w+)`").Select(match => match.Groups[1].Value)
            : [];

    // Of a row such as `Rag:Index:Qdrant:Url` it is Index:Qdrant.
    private static string? SectionOf(string row) => Regex.Match(row, @"^\| `Rag:([\w:]+):\w+`") is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Properties of the classes whose comment names their section: <c>Section &lt;c&gt;Rag:Jobs&lt;/c&gt;</c>, <c>&lt;c&gt;Rag:Auth&lt;/c&gt;: ...</c>.</summary>
    private static IEnumerable<(string Section, string Key)> ServiceOptions()
    {
        var rooms = new[] { "Rag.Core", "Rag.Api", "Rag.Web", "Rag.Ingest", "ServiceDefaults" };
        foreach (var file in rooms.SelectMany(room => Directory.EnumerateFiles(Path.Combine(Root, room), "*Options.cs", SearchOption.AllDirectories)))
        {
            string? section = null;
            foreach (var line in File.ReadLines(file))
            {
                if (Regex.Match(line, @"^/// .*<c>Rag:([\w:]+)</c>") is { Success: true } comment)
                {
                    section = comment.Groups[1].Value;
                }
                else if (Regex.IsMatch(line, @"^(public |internal )?(sealed )?enum "))
                {
                    section = null;
                }
                else if (section is not null && Regex.Match(line, @"^    public (?!\w+Options )\S+ (\w+) \{ get; (?:set|init); \}") is { Success: true } property)
                {
                    yield return (section, property.Groups[1].Value);
                }
            }
        }
    }
}
