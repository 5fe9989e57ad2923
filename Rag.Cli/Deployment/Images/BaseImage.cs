using Aspire.Hosting.Orchestration.Containers;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Images;

/// <summary>What an image stands on, while it is built: a reference that the SDK can pull, and what keeps it pullable.</summary>
/// <param name="Reference">Null: what the SDK takes by itself.</param>
/// <param name="Cleanup">Ended with the build.</param>
internal sealed record BaseImage(string? Reference, IAsyncDisposable? Cleanup) : IAsyncDisposable
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(20);

    public async ValueTask DisposeAsync()
    {
        if (Cleanup is not null)
        {
            await Cleanup.DisposeAsync();
        }
    }

    /// <summary>An image of a registry, or an archive of this machine.</summary>
    public static async Task<BaseImage> OfAsync(string? fileOrReference, string workingDirectory, CancellationToken cancellationToken)
    {
        if (fileOrReference is null)
        {
            return new BaseImage(null, Cleanup: null);
        }

        var file = Path.GetFullPath(fileOrReference, workingDirectory);
        // "base.tar" that is not there is a slip of the pen, no name of an image.
        return File.Exists(file) || fileOrReference.EndsWith(".tar", StringComparison.Ordinal)
            ? await ServeAsync(file, cancellationToken)
            : new BaseImage(fileOrReference, Cleanup: null);
    }

    /// <summary>Builds what a Containerfile describes on top of another base, with podman or docker.</summary>
    /// <exception cref="CliException">Neither is there, or the build failed.</exception>
    public static async Task<BaseImage> BuildAsync(string containerfile, string? on, string workingDirectory, Terminal terminal, CancellationToken cancellationToken)
    {
        var name = Path.GetFileNameWithoutExtension(containerfile);
        if (await ContainerRuntime.FindAsync(wanted: null, cancellationToken) is not { } runtime)
        {
            throw new CliException(
                $"The base of {name} is built from {Path.GetFileName(containerfile)}, and neither podman nor docker answers here.",
                $"Install podman, or give an archive of a base that has what the file installs: --base {name}=FILE.",
                ExitCode.Unavailable);
        }

        var tag = $"{name}-base:rag";
        string[] from = on is null ? [] : ["--build-arg", $"BASE={await LoadedAsync(runtime, on, workingDirectory, cancellationToken)}"];
        terminal.Line($"Building the base of {name} with {runtime.Name} ...");
        await RequireAsync(
            runtime, ["build", "--file", containerfile, "--tag", tag, .. from, Path.GetDirectoryName(containerfile)!], $"The base of {name} could not be built",
            "Can the image after FROM be pulled, and do packages install in it? --base takes a local archive instead of the first.", cancellationToken);
        var archive = Path.Combine(Path.GetTempPath(), $"rag-base-{Guid.NewGuid():N}.tar");
        try
        {
            string[] format = runtime.Name == "podman" ? ["--format", "oci-archive"] : [];
            await RequireAsync(runtime, ["save", .. format, "--output", archive, tag], $"The base of {name} could not be saved", remedy: null, cancellationToken);
            return await ServeAsync(archive, cancellationToken);
        }
        finally
        {
            File.Delete(archive);
        }
    }

    private static async Task<BaseImage> ServeAsync(string file, CancellationToken cancellationToken)
    {
        var archive = await ImageArchive.ReadAsync(file, cancellationToken);
        var folder = Directory.CreateTempSubdirectory("rag-base-").FullName;
        try
        {
            var registry = LoopbackRegistry.Start(await ArchiveLayout.UnpackAsync(archive, folder, cancellationToken));
            return new BaseImage(registry.Reference, new Served(registry, folder));
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    // Loaded image: localhost/aspnet:10.0 (podman), Loaded image: aspnet:10.0 (docker)
    private static async Task<string> LoadedAsync(ContainerRuntime runtime, string fileOrReference, string workingDirectory, CancellationToken cancellationToken)
    {
        var file = Path.GetFullPath(fileOrReference, workingDirectory);
        if (!File.Exists(file))
        {
            return fileOrReference;
        }

        var output = await RequireAsync(runtime, ["load", "--input", file], $"'{file}' could not be loaded", remedy: null, cancellationToken);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1].Split(": ", 2)[^1];
    }

    private static async Task<string> RequireAsync(ContainerRuntime runtime, string[] arguments, string what, string? remedy, CancellationToken cancellationToken)
    {
        var result = await ChildProgram.CaptureAsync(runtime.Program, arguments, Path.GetTempPath(), BuildLimit, cancellationToken: cancellationToken);
        return result.Succeeded
            ? result.Output
            : throw new CliException($"{what}: {(result.TimedOut ? "it took too long" : result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault())}", remedy);
    }

    private sealed class Served(LoopbackRegistry registry, string folder) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await registry.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
