using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Rag.Cli.Prerequisites;
using Rag.Cli.Processes;

namespace Rag.Cli.Testing;

/// <summary><c>rag test</c>: everything a change must pass, with what the tests need.</summary>
internal static class TestCommand
{
    private static readonly IReadOnlyList<Prerequisite> Needed =
    [
        Prerequisite.Postgres, Prerequisite.Redis, Prerequisite.Poppler, Prerequisite.Chromium, Prerequisite.Promtool, Prerequisite.Rclone, Prerequisite.Swift,
    ];

    public static Command Create(CliContext context)
    {
        var projects = new Argument<string[]>("project") { Description = "Only these test projects, e.g. Rag.Core.Tests.", Arity = ArgumentArity.ZeroOrMore };
        var filter = new Option<string?>("--filter") { Description = "A filter as of 'dotnet test --filter'." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Install missing programs without asking." };
        var timeout = new Option<int>("--timeout") { Description = "Minutes that one test project may take.", DefaultValueFactory = _ => 15 };
        timeout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 600)
            {
                result.AddError("--timeout takes 1 to 600 minutes.");
            }
        });
        var command = new Command("test", "Build, run all tests with what they need, and end with 'N passed, N failed, N skipped'.") { projects, filter, yes, timeout };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context,
            parsed.GetValue(projects) ?? [],
            parsed.GetValue(filter),
            parsed.GetValue(yes),
            TimeSpan.FromMinutes(parsed.GetValue(timeout)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, string[] only, string? filter, bool yes, TimeSpan limit, CancellationToken cancellationToken)
    {
        var checkout = context.RequireCheckout();
        var terminal = context.Terminal;
        var projects = Select(checkout, only);
        await SystemPackages.EnsureAsync(context, Needed, yes, cancellationToken);

        if (!await BuildAsync(context, checkout, cancellationToken))
        {
            return TestReport.Close(terminal, [new TestProjectResult("build", [], TimeSpan.Zero, "The solution does not build; see above.")]);
        }

        var width = projects.Max(project => project.Length);
        terminal.Line(TestReport.Header(width));
        var results = new ConcurrentBag<TestProjectResult>();
        var environment = TestEnvironment(context, checkout);
        // Browser and recovery tests are sensitive to a starved machine: one at a time unless there are cores to spare.
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount >= 8 ? 2 : 1, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(projects, parallel, async (project, token) =>
        {
            var assembly = Path.Combine(checkout.Root, "tests", project, "bin", "Debug", "net10.0", $"{project}.dll");
            var result = await TestProjectRun.RunAsync(project, assembly, filter, limit, environment, token);
            if (filter is null && result is { Cases.Count: 0, Fault: null })
            {
                result = result with { Fault = "The project holds no test, or its runner found none." };
            }

            results.Add(result);
            var row = TestReport.Row(result, width);
            lock (terminal)
            {
                if (result.Failed > 0)
                {
                    terminal.Bad(row);
                }
                else
                {
                    terminal.Line(row);
                }
            }
        });

        return TestReport.Close(terminal, [.. results.OrderBy(result => result.Project, StringComparer.Ordinal)]);
    }

    /// <summary>The test projects of the checkout by name, in order; all, or those asked for.</summary>
    private static string[] Select(Checkout checkout, string[] only)
    {
        var all = Directory.EnumerateFiles(Path.Combine(checkout.Root, "tests"), "*.Tests.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(Path.GetFileNameWithoutExtension)
            .OfType<string>()
            .Order(StringComparer.Ordinal)
            .ToArray();
        var unknown = only.Except(all, StringComparer.OrdinalIgnoreCase).ToArray();
        return unknown.Length == 0
            ? [.. all.Where(name => only.Length == 0 || only.Contains(name, StringComparer.OrdinalIgnoreCase))]
            : throw new CliException(
                $"There is no test project '{string.Join("', '", unknown)}'.", $"There are: {string.Join(", ", all)}.", ExitCode.Usage);
    }

    private static async Task<bool> BuildAsync(CliContext context, Checkout checkout, CancellationToken cancellationToken)
    {
        var terminal = context.Terminal;
        terminal.Line("Building ...");
        var started = Stopwatch.GetTimestamp();
        var environment = new Dictionary<string, string?>();
        if (context.Variable("CI") is not null)
        {
            // A build machine waits for every process that a step leaves behind.
            environment["MSBUILDDISABLENODEREUSE"] = "1";
        }

        var build = await ChildProgram.CaptureAsync(
            "dotnet", ["build", checkout.Solution, "--configuration", "Debug", "-nologo", "-v", "q", "-clp:NoSummary"],
            checkout.Root, TimeSpan.FromMinutes(30), environment, cancellationToken: cancellationToken);
        if (build.Succeeded)
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"Built in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s."));
            terminal.Line();
            return true;
        }

        foreach (var line in (build.Output + build.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct())
        {
            terminal.Line(line.TrimEnd());
        }

        return false;
    }

    private static Dictionary<string, string?> TestEnvironment(CliContext context, Checkout checkout)
    {
        var environment = new Dictionary<string, string?>
        {
            // What the tests start must not look at the repository that the person's own launcher named.
            ["RAG_HOME"] = null,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        };
        if (Prerequisite.Chromium.Find(checkout) is { } chromium)
        {
            environment["RAG_CHROMIUM"] = chromium;
        }

        var shared = Path.GetFullPath(Path.Combine(checkout.Root, "..", "shared"));
        if (context.Variable("RAG_SHARED") is null && Directory.Exists(shared))
        {
            environment["RAG_SHARED"] = shared;
        }

        return environment;
    }
}
