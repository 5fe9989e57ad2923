using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Native;

/// <summary>A PostgreSQL data directory while no server runs on it: made, checked, repaired; and how a server is started on it.</summary>
internal static class PostgresCluster
{
    /// <summary>
    /// Makes the directory if it is new, and removes what a crash left. A directory appears under its name only when it is complete:
    /// one that was interrupted halfway starts anew.
    /// </summary>
    /// <exception cref="InvalidOperationException">It cannot be made, a server still runs on it, or it is another version's.</exception>
    public static async Task PrepareAsync(PostgresServerOptions options, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(options.DataDirectory, "PG_VERSION")))
        {
            await InitialiseAsync(options, cancellationToken);
            return;
        }

        CheckVersion(options);
        RemoveStaleLock(options.DataDirectory);
    }

    /// <summary>The server's process: loopback only, no socket file, fast shutdown.</summary>
    public static ChildSpecification Specification(PostgresServerOptions options)
    {
        List<string> arguments =
        [
            "-D", options.DataDirectory,
            "-p", options.Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1",
            // No socket file: a second instance must not collide in a shared directory, and everything here speaks TCP.
            "-c", "unix_socket_directories=",
            "-c", "max_connections=200",
        ];
        foreach (var (name, value) in options.Settings)
        {
            arguments.Add("-c");
            arguments.Add($"{name}={value}");
        }

        var (program, all) = ServerAccount.Command(Program(options, "postgres"), arguments);
        return new ChildSpecification
        {
            Name = options.Name,
            FileName = program,
            Arguments = all,
            WorkingDirectory = options.DataDirectory,
            Environment = ServerEnvironment(options.DataDirectory),
            StopSignal = StopSignal.Interrupt,
            StopTimeout = TimeSpan.FromSeconds(20),
            StopOrder = 1,
        };
    }

    /// <summary>
    /// Gives the superuser the password of the options, for data whose password was lost with the user's secrets. Whoever may write the
    /// directory may do this; no server runs meanwhile.
    /// </summary>
    public static async Task ResetPasswordAsync(PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var start = ServerAccount.Start(Program(options, "postgres"), "--single", "-D", options.DataDirectory, "postgres");
        start.RedirectStandardInput = true;
        start.WorkingDirectory = options.DataDirectory;
        // One statement per line; it travels by standard input, not as an argument.
        var user = options.UserName.Replace("\"", "\"\"", StringComparison.Ordinal);
        var password = options.Password.Replace("'", "''", StringComparison.Ordinal);
        await RunAsync(start, $"set standard_conforming_strings = on\nalter role \"{user}\" password '{password}'\n", "reset the password", cancellationToken);
    }

    /// <summary>The process that <c>postmaster.pid</c> names, if it really is a server on this directory.</summary>
    internal static int? RunningServer(string dataDirectory)
    {
        var file = Path.Combine(dataDirectory, "postmaster.pid");
        if (!File.Exists(file)
            || !int.TryParse(File.ReadLines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            || ProcessIdentity.Of(processId) is null)
        {
            return null;
        }

        // The number may be somebody else's by now. A server's working directory is its data directory.
        if (OperatingSystem.IsLinux())
        {
            var directory = new FileInfo($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/cwd").LinkTarget;
            return directory is null || directory == Path.GetFullPath(dataDirectory) ? processId : null;
        }

        return processId;
    }

    private static async Task InitialiseAsync(PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var unfinished = options.DataDirectory + ".unfinished";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        ServerAccount.PrepareDirectory(unfinished);
        // initdb reads the password from a file it must own; the file lives only as long as initdb does.
        var passwordFile = Path.Combine(Path.GetTempPath(), $"rag-pw-{Guid.NewGuid():N}");
        try
        {
            await SecretFile.WriteAsync(passwordFile, options.Password, cancellationToken);
            var start = ServerAccount.Start(
                Program(options, "initdb"),
                "-D", unfinished,
                "-U", options.UserName,
                $"--pwfile={passwordFile}",
                "--auth-host=scram-sha-256",
                "--auth-local=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8");
            start.WorkingDirectory = unfinished;
            await RunAsync(start, input: null, $"initialise '{options.DataDirectory}'", cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        if (Directory.Exists(options.DataDirectory))
        {
            // Fails when it holds anything: what is in there is not ours to remove.
            Directory.Delete(options.DataDirectory);
        }

        Directory.Move(unfinished, options.DataDirectory);
    }

    private static void CheckVersion(PostgresServerOptions options)
    {
        var data = File.ReadAllText(Path.Combine(options.DataDirectory, "PG_VERSION")).Trim();
        var program = PostgresBinaries.MajorVersion(options.BinDirectory);
        if (data != program.ToString(CultureInfo.InvariantCulture))
        {
            throw new InvalidOperationException(
                $"The data in '{options.DataDirectory}' is PostgreSQL {data}'s, and '{options.BinDirectory}' has version {program}. "
                + $"Install PostgreSQL {data} beside it; or, with version {data}, run './rag backup', then './rag reset', and './rag restore' with the new version.");
        }
    }

    private static void RemoveStaleLock(string dataDirectory)
    {
        if (RunningServer(dataDirectory) is { } processId)
        {
            throw new InvalidOperationException(
                $"Another PostgreSQL server (process {processId}) runs on '{dataDirectory}'. Stop it, or stop the application host that started it, and start again.");
        }

        File.Delete(Path.Combine(dataDirectory, "postmaster.pid"));
    }

    private static async Task RunAsync(ProcessStartInfo start, string? input, string what, CancellationToken cancellationToken)
    {
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' could not be started.");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }

        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"PostgreSQL could not {what}: {(await error).Trim()} {(await output).Trim()}");
        }
    }

    private static string Program(PostgresServerOptions options, string name) =>
        Path.Combine(options.BinDirectory, OperatingSystem.IsWindows() ? name + ".exe" : name);

    private static Dictionary<string, string> ServerEnvironment(string dataDirectory)
    {
        var environment = ChildEnvironment.ForServer();
        environment["HOME"] = dataDirectory;
        return environment;
    }
}
