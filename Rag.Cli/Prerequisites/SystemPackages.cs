using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Processes;

namespace Rag.Cli.Prerequisites;

/// <summary>Installs missing programs with the distribution's own package manager, after saying what and why.</summary>
internal static class SystemPackages
{
    /// <summary>
    /// Installs what is missing. Says what and why first, and asks before anything runs with more rights than the person's own.
    /// Returns those still missing; never throws for a failed installation, because the caller may go on without.
    /// </summary>
    /// <param name="context">Where to say and ask.</param>
    /// <param name="wanted">The programs, missing or not.</param>
    /// <param name="yes">Nobody is to be asked: go ahead.</param>
    /// <param name="cancellationToken">Ends the installation.</param>
    public static async Task<IReadOnlyList<Prerequisite>> EnsureAsync(
        CliContext context, IReadOnlyList<Prerequisite> wanted, bool yes, CancellationToken cancellationToken)
    {
        List<Prerequisite> Missing() => [.. wanted.Where(one => one.Find(context.Checkout) is null)];

        var missing = Missing();
        if (missing.Count == 0)
        {
            return missing;
        }

        foreach (var one in missing)
        {
            context.Terminal.Line($"{one.Name} is missing; it is needed for {one.Purpose}. By hand: {one.Remedy}");
        }

        var packages = missing.Select(one => one.AptPackage).OfType<string>().ToArray();
        if (packages.Length == 0 || Plan(packages, yes) is not { } plan)
        {
            return missing;
        }

        if (!await context.Terminal.ConfirmAsync($"Run '{plan.Shown}'?", yes, cancellationToken))
        {
            return missing;
        }

        context.Terminal.Line($"Running {plan.Shown} ...");
        // An index that is days old names packages that are gone; an update that fails may still leave a usable one.
        await RunAsync(plan.Program, [.. plan.Prefix, "update", "-q"], yes, cancellationToken);
        if (await RunAsync(plan.Program, [.. plan.Prefix, "install", "-y", "-q", "--no-install-recommends", .. packages], yes, cancellationToken) is { Length: > 0 } error)
        {
            context.Terminal.Problem($"The packages could not be installed: {error}", $"By hand: {plan.Shown}");
        }

        return Missing();
    }

    /// <summary>The command line that would be run, or null where there is no apt or no way to the needed rights.</summary>
    private static InstallPlan? Plan(string[] packages, bool unattended)
    {
        if (ProgramPath.Find("apt-get") is not { } apt)
        {
            return null;
        }

        var list = string.Join(' ', packages);
        if (Environment.IsPrivilegedProcess)
        {
            return new InstallPlan(apt, [], $"apt-get install {list}");
        }

        return ProgramPath.Find("sudo") is { } sudo
            ? new InstallPlan(sudo, unattended ? ["-n", apt] : [apt], $"sudo apt-get install {list}")
            : null;
    }

    /// <summary>Null or empty when it went well, else the last line of what it said.</summary>
    private static async Task<string?> RunAsync(string program, string[] arguments, bool unattended, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string?> { ["DEBIAN_FRONTEND"] = "noninteractive" };
        if (!unattended && !Environment.IsPrivilegedProcess)
        {
            // sudo asks for a password on the terminal.
            var code = await ChildProgram.PassThroughAsync(program, arguments, Path.GetTempPath(), environment, cancellationToken);
            return code == 0 ? null : $"exit code {code}";
        }

        var result = await ChildProgram.CaptureAsync(program, arguments, Path.GetTempPath(), TimeSpan.FromMinutes(10), environment, cancellationToken: cancellationToken);
        return result.Succeeded ? null : LastLine(result.Error) ?? LastLine(result.Output) ?? $"exit code {result.ExitCode}";
    }

    private static string? LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();

    private sealed record InstallPlan(string Program, string[] Prefix, string Shown);
}
