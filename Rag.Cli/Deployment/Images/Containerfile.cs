using Aspire.Hosting.Orchestration.Containers;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Images;

/// <summary>What an image needs beyond the runtime, as packages of its distribution: built by podman or docker, which the SDK cannot do.</summary>
internal static class Containerfile
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    /// <summary>podman or docker.</summary>
    /// <exception cref="CliException">Neither is there.</exception>
    public static async Task<ContainerRuntime> RequireRuntimeAsync(string containerfile, CancellationToken cancellationToken) =>
        await ContainerRuntime.FindAsync(wanted: null, cancellationToken) ?? throw new CliException(
            $"The base of {Path.GetFileNameWithoutExtension(containerfile)} is built from {Path.GetFileName(containerfile)}, and neither podman nor docker answers here.",
            $"Install podman, or give an archive of a base that has what the file installs: --base {Path.GetFileNameWithoutExtension(containerfile)}=FILE.",
            ExitCode.Unavailable);

    /// <summary>Builds it on top of a base and serves the result as the base of the service's own image.</summary>
    /// <exception cref="CliException">Neither podman nor docker is there, or the build failed.</exception>
    public static async Task<BaseImage> BuildAsync(
        string containerfile, string on, IReadOnlyList<ImagePlatform> platforms, string workingDirectory, Terminal terminal, CancellationToken cancellationToken)
    {
        var name = Path.GetFileNameWithoutExtension(containerfile);
        var archive = BaseImage.FileOf(on, workingDirectory);
        if (archive is not null && platforms.Count > 1)
        {
            throw new CliException(
                $"The base of {name} is built from {Path.GetFileName(containerfile)}, for several platforms on an image of a registry only: of an archive podman and docker load one of them.",
                $"Build the platforms one after the other, or give an archive of a base that has what the file installs: --base {name}=FILE.",
                ExitCode.Usage);
        }

        if (archive is not null)
        {
            // Told before podman is looked for, and in words of ours.
            _ = await ImageArchive.ReadAsync(archive, cancellationToken);
        }

        var runtime = await RequireRuntimeAsync(containerfile, cancellationToken);
        terminal.Line($"Building the base of {name} with {runtime.Name} ...");
        var from = archive is null ? on : await LoadAsync(runtime, archive, cancellationToken);
        var saved = new List<string>();
        try
        {
            foreach (var platform in platforms)
            {
                saved.Add(Path.Combine(Path.GetTempPath(), $"rag-base-{Guid.NewGuid():N}.tar"));
                await BuildAsync(runtime, containerfile, from, archive is not null, platform, saved[^1], cancellationToken);
            }

            return await BaseImage.ServeAsync(saved, platforms, cancellationToken);
        }
        finally
        {
            saved.ForEach(File.Delete);
        }
    }

    private static async Task BuildAsync(ContainerRuntime runtime, string containerfile, string from, bool archived, ImagePlatform platform, string archive, CancellationToken cancellationToken)
    {
        var name = Path.GetFileNameWithoutExtension(containerfile);
        var tag = $"{name}-base:rag-{platform.Architecture}";
        // podman keeps one image of a name, of whichever platform was asked for last, and takes it for every other: of a registry it is asked for anew. Another processor's
        // programs run here only where the kernel was told how (binfmt_misc).
        string[] one = archived ? [] : ["--platform", platform.Name, "--pull", "--no-cache"];
        await RequireAsync(
            runtime, ["build", "--file", containerfile, "--tag", tag, .. one, "--build-arg", $"BASE={from}", Path.GetDirectoryName(containerfile)!], $"The base of {name} could not be built",
            $"Can the image after FROM be pulled, and do packages install in it? --base takes a local archive instead of the first; --base {name}=FILE one that needs neither.", cancellationToken);
        string[] format = runtime.Name == "podman" ? ["--format", "oci-archive"] : [];
        await RequireAsync(runtime, ["save", .. format, "--output", archive, tag], $"The base of {name} could not be saved", remedy: null, cancellationToken);
    }

    // Loaded image: localhost/aspnet:10.0 (podman), Loaded image: aspnet:10.0, Loaded image ID: sha256:... (docker)
    private static async Task<string> LoadAsync(ContainerRuntime runtime, string archive, CancellationToken cancellationToken)
    {
        var output = await RequireAsync(runtime, ["load", "--input", archive], $"'{archive}' could not be loaded", remedy: null, cancellationToken);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1].Split(": ", 2)[^1];
    }

    private static async Task<string> RequireAsync(ContainerRuntime runtime, string[] arguments, string what, string? remedy, CancellationToken cancellationToken)
    {
        var result = await ChildProgram.CaptureAsync(runtime.Program, arguments, Path.GetTempPath(), Limit, cancellationToken: cancellationToken);
        return result.Succeeded
            ? result.Output
            : throw new CliException($"{what}: {(result.TimedOut ? "it took too long" : result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault())}", remedy);
    }
}
