namespace Rag.Cli.Deployment.Images;

/// <summary>What an image stands on, while it is built: a reference that the SDK can pull, and what keeps it pullable.</summary>
/// <param name="Reference">Where it can be pulled from.</param>
/// <param name="Cleanup">Ended with the build.</param>
internal sealed record BaseImage(string Reference, IAsyncDisposable? Cleanup) : IAsyncDisposable
{
    /// <summary>
    /// What images stand on where nobody says otherwise: the runtime that the SDK brings which this was made with, on Ubuntu 24.04. The tag is built anew whenever
    /// the distribution has fixes, so that only the digest says which; it is the one of the index of all platforms.
    /// </summary>
    public const string Standard = "mcr.microsoft.com/dotnet/aspnet:10.0.12-noble@sha256:222759b391a1aaf241166672c8f99b2d4ada452e7b5319f3c6e8f265a37b5ad4";

    public async ValueTask DisposeAsync()
    {
        if (Cleanup is not null)
        {
            await Cleanup.DisposeAsync();
        }
    }

    /// <summary>An image of a registry, or an archive of this machine.</summary>
    /// <exception cref="CliException">The archive cannot be read, or is of another platform.</exception>
    public static async Task<BaseImage> OfAsync(string fileOrReference, IReadOnlyList<ImagePlatform> platforms, string workingDirectory, CancellationToken cancellationToken) =>
        FileOf(fileOrReference, workingDirectory) is { } file
            ? await ServeAsync([file], platforms, cancellationToken)
            : new BaseImage(fileOrReference, Cleanup: null);

    /// <summary>The archive that is meant; null for an image of a registry.</summary>
    public static string? FileOf(string fileOrReference, string workingDirectory)
    {
        var file = Path.GetFullPath(fileOrReference, workingDirectory);
        // "base.tar" that is not there is a slip of the pen, no name of an image.
        return File.Exists(file) || fileOrReference.EndsWith(".tar", StringComparison.Ordinal) ? file : null;
    }

    /// <summary>Serves an archive, or one for each platform as if they were one image.</summary>
    public static async Task<BaseImage> ServeAsync(IReadOnlyList<string> files, IReadOnlyList<ImagePlatform> platforms, CancellationToken cancellationToken)
    {
        var archives = new List<ImageArchive>();
        foreach (var file in files)
        {
            archives.Add(await ImageArchive.ReadAsync(file, cancellationToken));
        }

        var folder = Directory.CreateTempSubdirectory("rag-base-").FullName;
        try
        {
            var layouts = new List<ArchiveLayout>();
            foreach (var archive in archives)
            {
                layouts.Add(await ArchiveLayout.UnpackAsync(archive, folder, cancellationToken));
            }

            var layout = layouts is [var only] ? only : ArchiveLayout.Join(layouts);
            var (there, wanted) = (layout.Platforms(), platforms.Select(static platform => platform.Name).ToList());
            // The SDK does not look: code for one processor on a base for another would fail on the node only.
            if (wanted.Find(name => !there.Contains(name)) is { } missing)
            {
                throw new CliException($"'{files[0]}' is for {string.Join(", ", there)}, not for {missing}.", "'skopeo copy --all docker://IMAGE oci-archive:FILE' writes an archive of all platforms.", ExitCode.Usage);
            }

            var registry = LoopbackRegistry.Start(layout);
            return new BaseImage(registry.Reference, new Served(registry, folder));
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
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
