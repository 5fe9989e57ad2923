using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace Aspire.Hosting.Orchestration.Projects;

/// <summary>
/// Finds the program that a project was built to. The app host references its projects, so building it built them and wrote down where
/// to; a project without output (added by path, or cleaned meanwhile) is built once.
/// </summary>
internal sealed class ProjectProgram(Assembly? appHost, Action<string, string> log)
{
    private readonly string _configuration = ConfigurationOf(appHost);

    private static readonly SemaphoreSlim Building = new(1, 1);

    /// <summary>The <c>dotnet</c> of the runtime that this process runs on: <c>dotnet/shared/Microsoft.NETCore.App/10.0.0/</c> is three below it.</summary>
    public static string DotNet()
    {
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var program = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(program) ? program : "dotnet";
    }

    /// <summary>The assembly to run.</summary>
    /// <exception cref="InvalidOperationException">The project does not exist or does not build.</exception>
    public async Task<string> FindOrBuildAsync(string name, IProjectMetadata project, CancellationToken cancellationToken)
    {
        var projectPath = project.ProjectPath;
        if (!File.Exists(projectPath))
        {
            throw new InvalidOperationException($"The project '{projectPath}' does not exist.");
        }

        string? Existing() => ProjectOutput.PathOf(project, appHost) is { } path ? File.Exists(path) ? path : null : Find(projectPath, _configuration);
        if (Existing() is { } found)
        {
            return found;
        }

        // One at a time: parallel builds of projects with common references write the same files.
        await Building.WaitAsync(cancellationToken);
        try
        {
            if (Existing() is null)
            {
                log(name, $"Building {Path.GetFileName(projectPath)}, which has no output yet ...");
                await BuildAsync(projectPath, cancellationToken);
            }
        }
        finally
        {
            Building.Release();
        }

        return Existing() ?? throw new InvalidOperationException(
            $"The project '{projectPath}' has no output in 'bin/{_configuration}'. Build it: dotnet build {projectPath} -c {_configuration}");
    }

    /// <summary>By the SDK's convention <c>bin/Configuration/framework/Assembly.dll</c>; of several frameworks the one built last.</summary>
    internal static string? Find(string projectPath, string configuration)
    {
        var bin = Path.Combine(Path.GetDirectoryName(projectPath)!, "bin", configuration);
        return !Directory.Exists(bin)
            ? null
            : Directory.EnumerateFiles(bin, AssemblyName(projectPath) + ".runtimeconfig.json", SearchOption.AllDirectories)
                .Select(static file => file[..^".runtimeconfig.json".Length] + ".dll")
                .Where(File.Exists)
                .MaxBy(File.GetLastWriteTimeUtc);
    }

    internal static string AssemblyName(string projectPath) =>
        XDocument.Load(projectPath).Descendants("AssemblyName").Select(static element => element.Value.Trim())
            .LastOrDefault(static value => value.Length > 0 && !value.Contains('$', StringComparison.Ordinal))
        ?? Path.GetFileNameWithoutExtension(projectPath);

    private static string ConfigurationOf(Assembly? appHost) =>
        appHost?.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration is { Length: > 0 } name ? name : "Debug";

    private async Task BuildAsync(string projectPath, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(DotNet(), ["build", projectPath, "-c", _configuration, "-nologo", "-v", "quiet", "-clp:NoSummary"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("'dotnet' could not be started.");
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
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
            throw new InvalidOperationException($"The project '{projectPath}' does not build:{Environment.NewLine}{(await output).Trim()}{(await error).Trim()}");
        }
    }
}
