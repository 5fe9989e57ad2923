using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Processes;

namespace Rag.Cli.Prerequisites;

/// <summary>A program that a command needs: how to find it, and how to get it.</summary>
internal sealed record Prerequisite
{
    public required string Name { get; init; }

    /// <summary>What it is for, in a few words that fit behind "needed for".</summary>
    public required string Purpose { get; init; }

    /// <summary>The program's full path, or null.</summary>
    public required Func<Checkout?, string?> Find { get; init; }

    /// <summary>Debian's and Ubuntu's package; null when they have none.</summary>
    public string? AptPackage { get; init; }

    /// <summary>What to do by hand on a system without apt.</summary>
    public required string ByHand { get; init; }

    /// <summary>What makes the program print its version.</summary>
    public string VersionArgument { get; init; } = "--version";

    /// <summary>How to get it, in one line.</summary>
    public string Remedy => AptPackage is null ? ByHand : $"apt-get install {AptPackage} (elsewhere: {ByHand})";

    public static Prerequisite Postgres { get; } = new()
    {
        Name = "PostgreSQL",
        Purpose = "storing documents, text and vectors",
        Find = static checkout => PostgresBinaries.Find(checkout is null ? null : Path.Combine(checkout.FetchedPostgres, "native", "bin")) is { } bin
            ? ProgramPath.Find(Path.Combine(bin, "postgres"))
            : null,
        AptPackage = "postgresql",
        ByHand = "brew install postgresql@17, or './rag up' fetches it with npm after asking",
    };

    public static Prerequisite Redis { get; } = new()
    {
        Name = "Redis or Valkey",
        Purpose = "caching",
        Find = static _ => ProgramPath.Find("redis-server") ?? ProgramPath.Find("valkey-server"),
        AptPackage = "redis-server",
        ByHand = "brew install redis; nothing fetches it, so where you may not install packages somebody who may has to",
    };

    public static Prerequisite Qdrant { get; } = new()
    {
        Name = "Qdrant",
        Purpose = "searching in a vector database instead of in the API's memory",
        Find = static _ => QdrantProgram.Find(),
        ByHand = "Not needed with the embedded index. A first start takes it where it is on PATH: https://github.com/qdrant/qdrant/releases",
    };

    public static Prerequisite Poppler { get; } = new()
    {
        Name = "pdftotext",
        Purpose = "reading PDF files",
        Find = static _ => ProgramPath.Find("pdftotext"),
        AptPackage = "poppler-utils",
        ByHand = "brew install poppler",
        VersionArgument = "-v",
    };

    public static Prerequisite Chromium { get; } = new()
    {
        Name = "Chromium",
        Purpose = "the browser tests",
        Find = static _ => (Environment.GetEnvironmentVariable("RAG_CHROMIUM") is { Length: > 0 } chosen ? ProgramPath.Find(chosen) : null)
            ?? ProgramPath.Find("chromium") ?? ProgramPath.Find("chromium-browser") ?? ProgramPath.Find("google-chrome"),
        AptPackage = "chromium",
        ByHand = "install Chromium and name it in RAG_CHROMIUM",
    };

    public static Prerequisite Promtool { get; } = new()
    {
        Name = "promtool",
        Purpose = "testing the alerts",
        Find = static _ => ProgramPath.Find("promtool"),
        AptPackage = "prometheus",
        ByHand = "brew install prometheus",
    };

    public static Prerequisite Rclone { get; } = new()
    {
        Name = "rclone",
        Purpose = "testing copies in a bucket",
        Find = static _ => ProgramPath.Find("rclone"),
        AptPackage = "rclone",
        ByHand = "brew install rclone",
    };

    public static Prerequisite Swift { get; } = new()
    {
        Name = "OpenStack Swift",
        Purpose = "testing originals in a bucket",
        // A library without a program: the tests run it with the distribution's own Python.
        Find = static _ => File.Exists("/usr/lib/python3/dist-packages/swift/__init__.py") ? ProgramPath.Find("/usr/bin/python3") : null,
        AptPackage = "python3-swift",
        ByHand = "pip install swift, for the python3 on PATH",
    };

    public static Prerequisite Npm { get; } = new()
    {
        Name = "npm",
        Purpose = "fetching PostgreSQL or the dashboard where no system package has them",
        Find = static _ => ProgramPath.Find("npm"),
        AptPackage = "npm",
        ByHand = "install Node.js",
    };

    public static Prerequisite Aspire { get; } = new()
    {
        Name = "Aspire dashboard",
        Purpose = "traces, logs and resources in the browser",
        Find = static checkout => checkout is null ? ProgramPath.Find("aspire") : DashboardProgram.Find(checkout.Tools),
        ByHand = "'./rag up' fetches it with npm (128 MB) after asking, './rag up --yes' without",
    };
}
