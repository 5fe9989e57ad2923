using System.Diagnostics;

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

    /// <summary>A start info that runs <paramref name="program"/> as the server account.</summary>
    public static ProcessStartInfo Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Find() is var (uid, gid))
        {
            // setpriv replaces itself with the program, so the process id is the server's own.
            start.FileName = "setpriv";
            foreach (var argument in (string[])[$"--reuid={uid}", $"--regid={gid}", "--clear-groups", "--", program])
            {
                start.ArgumentList.Add(argument);
            }
        }
        else
        {
            start.FileName = program;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C.UTF-8";
        return start;
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
