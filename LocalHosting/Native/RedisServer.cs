using System.Globalization;
using System.Text;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Native;

/// <summary>A Redis or Valkey server of ours: loopback only, password from a file that only it can read.</summary>
internal static class RedisServer
{
    private static readonly string[] Programs = ["redis-server", "valkey-server"];
    private static readonly string[] UsualPlaces = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/valkey/bin"];

    /// <summary>The program, on PATH or in the usual places; null when there is none.</summary>
    public static string? Find() => Programs
        .SelectMany(program => UsualPlaces.Select(place => Path.Combine(place, program)).Prepend(program))
        .Select(candidate => ProgramPath.Find(candidate))
        .FirstOrDefault(found => found is not null);

    /// <summary>Writes the configuration and says how to start the server on it.</summary>
    public static async Task<ChildSpecification> PrepareAsync(RedisServerOptions options, CancellationToken cancellationToken)
    {
        ServerAccount.PrepareDirectory(options.DataDirectory);
        var configuration = Path.Combine(options.DataDirectory, "redis.conf");
        await SecretFile.WriteAsync(configuration, Configuration(options), cancellationToken);
        var (program, arguments) = ServerAccount.Command(options.Program, [configuration]);
        var environment = ChildEnvironment.ForServer();
        environment["HOME"] = options.DataDirectory;
        return new ChildSpecification
        {
            Name = options.Name,
            FileName = program,
            Arguments = arguments,
            WorkingDirectory = options.DataDirectory,
            Environment = environment,
            StopTimeout = TimeSpan.FromSeconds(10),
            StopOrder = 1,
        };
    }

    /// <summary>The configuration file's text.</summary>
    internal static string Configuration(RedisServerOptions options)
    {
        var text = new StringBuilder()
            .AppendLine("bind 127.0.0.1")
            .AppendLine(CultureInfo.InvariantCulture, $"port {options.Port}")
            .AppendLine("protected-mode yes")
            .AppendLine("daemonize no")
            .AppendLine(CultureInfo.InvariantCulture, $"dir {Quote(options.DataDirectory)}");
        if (options.Password is { Length: > 0 } password)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"requirepass {Quote(password)}");
        }

        // What is kept is written at once; a cache that may be lost writes nothing.
        text.AppendLine(options.Keep ? "appendonly yes" : "appendonly no").AppendLine("save \"\"");
        return text.ToString();
    }

    // Inside double quotes the configuration knows \" \\ and \xHH; bytes beyond printable ASCII go as the latter.
    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            quoted.Append(b switch
            {
                (byte)'"' => "\\\"",
                (byte)'\\' => "\\\\",
                < 0x20 or > 0x7e => $"\\x{b:x2}",
                _ => ((char)b).ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}

/// <summary>What a server needs.</summary>
internal sealed record RedisServerOptions
{
    public required string Program { get; init; }

    /// <summary>Owned by the server account.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>On 127.0.0.1.</summary>
    public required int Port { get; init; }

    /// <summary>Null or empty: none is asked for.</summary>
    public required string? Password { get; init; }

    /// <summary>Whether its content outlives the process.</summary>
    public bool Keep { get; init; }

    /// <summary>For records and messages.</summary>
    public string Name { get; init; } = "redis";
}
