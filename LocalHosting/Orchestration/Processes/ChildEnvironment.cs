using System.Collections;

namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>What of our own environment a child sees.</summary>
internal static class ChildEnvironment
{
    /// <summary>Names the run a process belongs to, so that a later start can prove it is a leftover of ours.</summary>
    public const string RunVariable = "LOCALHOSTING_RUN";

    // Ours alone: where *we* listen, how *we* were launched, and the values we hand out one by one.
    private static readonly string[] DroppedPrefixes =
    [
        "ASPNETCORE_", "ASPIRE_", "ConnectionStrings__", "CORECLR_", "DASHBOARD__", "DOTNET_DASHBOARD_", "DOTNET_RESOURCE_SERVICE_",
        "LOCALHOSTING_", "MSBUILD", "MSBuild", "Parameters__", "services__", "VSTEST_",
    ];

    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "DOTNET_LAUNCH_PROFILE", "DOTNET_STARTUP_HOOKS", "DOTNET_HOSTBUILDER__RELOADCONFIGONCHANGE", "DOTNET_URLS", "DOTNET_HOST_PATH",
        "DOTNET_CLI_TELEMETRY_SESSIONID", "DOTNET_USE_POLLING_FILE_WATCHER", "DOTNET_WATCH", "DOTNET_WATCH_ITERATION",
        "HTTP_PORTS", "HTTPS_PORTS", "URLS", "RAG_API_KEY",
    };

    // A server that is not ours by source needs no more than where to find libraries and how to speak.
    private static readonly HashSet<string> ServerNames = new(StringComparer.Ordinal)
    {
        "PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot", "TEMP", "TMP",
    };

    /// <summary>For projects and executables: ours without what is ours alone. The environment's name is kept.</summary>
    public static Dictionary<string, string> ForService() => ForService(Environment.GetEnvironmentVariables());

    /// <summary>The variables of OpenTelemetry: a service keeps those of the shell unless this run's dashboard sets its own.</summary>
    public static void RemoveTelemetry(IDictionary<string, string> environment)
    {
        foreach (var name in environment.Keys.Where(static name => name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            environment.Remove(name);
        }
    }

    /// <summary>For native servers: a short list.</summary>
    public static Dictionary<string, string> ForServer()
    {
        var result = Pick(Environment.GetEnvironmentVariables(), ServerNames.Contains);
        result["LC_ALL"] = "C.UTF-8";
        return result;
    }

    internal static Dictionary<string, string> ForService(IDictionary variables) => Pick(
        variables,
        static name => string.Equals(name, "ASPNETCORE_ENVIRONMENT", StringComparison.OrdinalIgnoreCase)
            || !(Dropped.Contains(name) || DroppedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))));

    private static Dictionary<string, string> Pick(IDictionary variables, Func<string, bool> keep)
    {
        var result = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry entry in variables)
        {
            if (entry is { Key: string name, Value: string value } && keep(name))
            {
                result[name] = value;
            }
        }

        return result;
    }
}
