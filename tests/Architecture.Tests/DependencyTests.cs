using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>The direction of dependencies: api and ingest to core; web and cli to client to HTTP; every service to its defaults; nothing to the host.</summary>
public sealed partial class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["AppHost"] = ["LocalHosting", "Rag.Api", "Rag.Ingest", "Rag.Web"],
        ["LocalHosting"] = [],
        ["Rag.Api"] = ["Rag.Core", "ServiceDefaults"],
        ["Rag.Cli"] = ["Rag.Client", "Rag.Core", "Rag.Deploy"],
        ["Rag.Client"] = [],
        ["Rag.Core"] = [],
        ["Rag.Deploy"] = [],
        ["Rag.Ingest"] = ["Rag.Core", "ServiceDefaults"],
        ["Rag.Web"] = ["Rag.Client", "ServiceDefaults"],
        ["ServiceDefaults"] = [],
    };

    [Fact]
    public void Every_project_references_only_what_its_room_may()
    {
        var projects = Repository.Projects.Where(static project => !project.IsTest).ToList();

        Assert.True(projects.Count >= 8, $"Only {projects.Count} projects were found under {Repository.Root}.");
        foreach (var project in projects)
        {
            Assert.True(Allowed.TryGetValue(project.Name, out var allowed), $"'{project.Name}' is a new room: add it here with what it may reference.");
            Assert.True(
                !project.References.Except(allowed).Any(),
                $"{project.Name} references {string.Join(", ", project.References.Except(allowed))}; it may reference: {string.Join(", ", allowed)}.");
        }
    }

    [Fact]
    public void Nothing_but_its_tests_references_the_host()
    {
        var referring = Repository.Projects.Where(static project => project.References.Contains("AppHost")).Select(static project => project.Name);

        Assert.All(referring, static name => Assert.Equal("AppHost.Tests", name));
    }

    [Fact]
    public void Production_references_no_test_project()
    {
        var tests = Repository.Projects.Where(static project => project.IsTest).Select(static project => project.Name).ToHashSet(StringComparer.Ordinal);

        Assert.All(Repository.Projects.Where(static project => !project.IsTest), project => Assert.DoesNotContain(project.References, tests.Contains));
    }

    [Fact]
    public void The_engine_knows_no_web_server()
    {
        var core = Repository.Projects.Single(static project => project.Name == "Rag.Core");

        Assert.Equal("Microsoft.NET.Sdk", core.Sdk);
        Assert.Empty(core.Frameworks);
        Assert.DoesNotContain(core.Packages, static package => package.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Assert.Empty(Mentions("Rag.Core", AspNetCore()));
    }

    [Fact]
    public void The_client_needs_nothing_but_the_runtime()
    {
        var client = Repository.Projects.Single(static project => project.Name == "Rag.Client");

        Assert.Empty(client.Packages);
        Assert.Empty(client.Frameworks);
    }

    [Fact]
    public void The_front_end_reaches_documents_through_the_API_only()
    {
        var web = Repository.Projects.Single(static project => project.Name == "Rag.Web");

        Assert.DoesNotContain("Npgsql", web.Packages);
        Assert.Empty(Mentions("Rag.Web", EngineOrDatabase()));
    }

    [Fact]
    public void The_command_line_uses_of_the_engine_its_metrics_only()
    {
        // Backup compiles one file of the engine's, see the sources that are shared below.
        Assert.All(Mentions("Rag.Cli", EngineWithoutEvaluation()), static mention => Assert.Matches("^Rag.Cli/Backup/.*using Rag.Core.Blobs;$", mention));
    }

    [Fact]
    public void Sources_are_shared_by_reference_but_for_the_prerequisite_checks()
    {
        // AppHost must compile on Aspire's packages, where there is no LocalHosting, and must know what will run its servers.
        // AppHost.Tests must build without LocalHosting, which Rag.Testing refers to, so it cannot refer to Rag.Testing. What it takes for a
        // name to survive a power cut is internal to the engine and written once: backup and restore need it as well.
        (string Project, string Sources)[] reviewed =
            [("AppHost", "../LocalHosting/"), ("Rag.Cli", "../LocalHosting/"), ("Rag.Cli", "../Rag.Core/Blobs/DurableFiles.cs"), ("AppHost.Tests", "../Rag.Testing/Repository.cs")];
        foreach (var project in Repository.Projects.Where(static project => project.ForeignSources.Count > 0))
        {
            Assert.True(
                project.ForeignSources.All(source => reviewed.Any(r => r.Project == project.Name && source.StartsWith(r.Sources, StringComparison.Ordinal))),
                $"{project.Name} compiles files of another room: {string.Join(", ", project.ForeignSources)}. Reference the project instead.");
        }
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "RagPlatform.sln"));

        Assert.All(Repository.Projects, project => Assert.Contains($"{project.Name}.csproj", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_place()
    {
        foreach (var project in Repository.Projects)
        {
            Assert.DoesNotContain(
                System.Xml.Linq.XDocument.Load(project.Path).Descendants("PackageReference"), static package => package.Attribute("Version") is not null);
        }
    }

    private static List<string> Mentions(string folder, Regex what) =>
        [.. from file in Repository.Files("*.cs", folder).Concat(Repository.Files("*.razor", folder))
            from line in File.ReadLines(file)
            where what.IsMatch(line)
            select $"{Repository.Relative(file)}: {line.Trim()}"];

    [GeneratedRegex(@"^\s*(global )?using (static )?Microsoft\.AspNetCore|\bMicrosoft\.AspNetCore\.\w+\.\w", RegexOptions.None, 1000)]
    private static partial Regex AspNetCore();

    [GeneratedRegex(@"^\s*(global )?using (static )?(Rag\.Core|Npgsql)\b", RegexOptions.None, 1000)]
    private static partial Regex EngineOrDatabase();

    [GeneratedRegex(@"^\s*(global )?using (static )?(\w+ = )?Rag\.Core(?!\.Evaluation\b)", RegexOptions.None, 1000)]
    private static partial Regex EngineWithoutEvaluation();
}
