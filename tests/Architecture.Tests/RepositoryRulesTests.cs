using System.Text.RegularExpressions;

namespace Architecture.Tests;

public sealed partial class RepositoryRulesTests
{
    private const int MostLines = 450;

    private static readonly string[] TextFiles =
        ["*.cs", "*.razor", "*.js", "*.css", "*.json", "*.yaml", "*.yml", "*.md", "*.sh", "*.ps1", "*.csproj", "*.props", "*.targets", "*.sql", "*.config", ".env*", "*.pem", "rag"];

    [Fact]
    public void A_source_file_is_one_thing_and_not_too_long()
    {
        var files = Repository.Files("*.cs").Where(static file => !file.EndsWith(".g.cs", StringComparison.Ordinal)).ToList();

        Assert.True(files.Count > 100, $"Only {files.Count} source files were found under {Repository.Root}.");
        Assert.Empty(files.Select(static file => (File: Repository.Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(static file => file.Lines > MostLines)
            .Select(static file => $"{file.File} has {file.Lines} lines; at most {MostLines} are one thing. Split it."));
    }

    [Fact]
    public void No_secret_is_committed()
    {
        Assert.Empty(
            from file in TextFiles.SelectMany(static pattern => Repository.Files(pattern)).Distinct(StringComparer.Ordinal)
            from line in File.ReadLines(file).Select(static (text, index) => (Text: text, Number: index + 1))
            where Secret().IsMatch(line.Text)
            select $"{Repository.Relative(file)}:{line.Number} looks like a secret");
    }

    [Theory]
    [InlineData("-----BEGIN OPENSSH \u00ADPRIVATE KEY-----")]
    [InlineData("token: ghp_\u00AD0123456789abcdefghijABCDEFGHIJ012345")]
    [InlineData("AKIA\u00ADABCDEFGHIJKLMNOP")]
    public void The_pattern_knows_a_secret_when_it_sees_one(string text) => Assert.Matches(Secret(), Unmask(text));

    [Fact]
    public void Suppressions_have_their_reason_beside_them()
    {
        Assert.Empty(
            from file in Repository.Files("*.cs").Where(static file => !file.EndsWith(".g.cs", StringComparison.Ordinal))
            from line in File.ReadLines(file)
            where line.TrimStart().StartsWith("#pragma warning disable", StringComparison.Ordinal) && !line.Contains("//", StringComparison.Ordinal)
            select $"{Repository.Relative(file)}: {line.Trim()}");
    }

    [Fact]
    public void No_drawer_for_everything()
    {
        Assert.DoesNotContain(Repository.Files("*.cs").Select(Path.GetFileNameWithoutExtension), static name => DrawerName().IsMatch(name!));
    }

    // The samples above would be found in this file otherwise, so they are taken apart there.
    private static string Unmask(string text) => text.Replace("\u00AD", "", StringComparison.Ordinal);

    [GeneratedRegex(
        @"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bghp_[A-Za-z0-9]{36}\b|\bAKIA[0-9A-Z]{16}\b|\bsk-[A-Za-z0-9]{40,}\b|\bxox[bp]-[0-9]{8,}|\brag_[0-9a-f]{32}_[0-9A-Za-z]{40,}",
        RegexOptions.None,
        1000)]
    private static partial Regex Secret();

    [GeneratedRegex("(Helpers?|Utils?|Common|Manager|Constants)$", RegexOptions.None, 1000)]
    private static partial Regex DrawerName();
}
