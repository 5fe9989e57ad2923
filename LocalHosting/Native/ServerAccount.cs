using System.Diagnostics;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Native;

/// <summary>
/// The account that native servers run as. PostgreSQL refuses to run as root, so a process of root's starts it as an unprivileged
/// account; everybody else runs it as himself.
/// </summary>
internal static class ServerAccount
{
    private static readonly string[] Candidates = ["postgres", "nobody"];

    /// <summary>User and group id to switch to; null when no switch is needed.</summary>
    public static (int UserId, int GroupId)? Find()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        // /etc/passwd line: name:password:uid:gid:comment:home:shell
        var accounts = File.ReadLines("/etc/passwd")
            .Select(line => line.Split(':'))
            .Where(fields => fields.Length >= 4)
            .ToDictionary(fields => fields[0], StringComparer.Ordinal);
        foreach (var name in Candidates)
        {
            if (accounts.TryGetValue(name, out var fields)
                && int.TryParse(fields[2], out var uid)
                && int.TryParse(fields[3], out var gid))
            {
                return (uid, gid);
            }
        }

        throw new InvalidOperationException(
            "PostgreSQL does not run as root, and this system has neither an account 'postgres' nor 'nobody' to run it as. "
            + "Start as an ordinary user, or create one of these accounts.");
    }

    /// <summary>The command line that runs <paramref name="program"/> as the server account.</summary>
    public static (string Program, IReadOnlyList<string> Arguments) Command(string program, IEnumerable<string> arguments) =>
        // setpriv replaces itself with the program, so the process id is the server's own.
        Find() is var (uid, gid)
            ? ("setpriv", [$"--reuid={uid}", $"--regid={gid}", "--clear-groups", "--", program, .. arguments])
            : (program, [.. arguments]);

    /// <summary>A start info that runs <paramref name="program"/> as the server account, with the environment of a server.</summary>
    public static ProcessStartInfo Start(string program, params IEnumerable<string> arguments)
    {
        var (fileName, all) = Command(program, arguments);
        var start = new ProcessStartInfo(fileName, all) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in ChildEnvironment.ForServer())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary>
    /// Whether the account can get to a directory: every folder above it must let it pass. Always true when no switch is needed.
    /// </summary>
    public static bool CanReach(string path)
    {
        if (OperatingSystem.IsWindows() || Find() is null)
        {
            return true;
        }

        for (var directory = Directory.GetParent(Path.GetFullPath(path)); directory is not null; directory = directory.Parent)
        {
            // As somebody without groups it passes by the rights of "others"; folders that do not exist yet are made so.
            if (directory.Exists && !directory.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes the directory, gives it to the account and keeps everybody else out.</summary>
    public static void PrepareDirectory(string path)
    {
        Directory.CreateDirectory(path);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        GiveAway(path);
    }

    /// <summary>Hands a file or directory to the account; nothing to do when no switch is needed.</summary>
    public static void GiveAway(string path)
    {
        if (Find() is var (uid, gid))
        {
            using var chown = Process.Start(new ProcessStartInfo("chown") { ArgumentList = { "-h", $"{uid}:{gid}", path } })
                ?? throw new InvalidOperationException("'chown' could not be started.");
            chown.WaitForExit();
            if (chown.ExitCode != 0)
            {
                throw new InvalidOperationException($"'chown {uid}:{gid} {path}' failed with exit code {chown.ExitCode}.");
            }
        }
    }
}
