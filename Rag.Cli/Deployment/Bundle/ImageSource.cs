using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Deployment.Images;
using Rag.Cli.Processes;
using Rag.Deploy.Planning;

namespace Rag.Cli.Deployment.Bundle;

/// <summary>Where an image of a bundle was got from: a file that lies there anyway, or one that was made for the bundle and goes with it.</summary>
/// <param name="Archive">The file.</param>
/// <param name="Digest">Of the image in it.</param>
internal sealed record FoundImage(ImageArchive Archive, string Digest);

/// <summary>Gets images: out of archives that are there, else with skopeo, podman or docker where one of them is.</summary>
internal sealed class ImageSource(IReadOnlyList<ImageArchive> archives, string scratch)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    private readonly string? _skopeo = ProgramPath.Find("skopeo");
    private readonly string? _runtime = ProgramPath.Find("podman") ?? ProgramPath.Find("docker");

    /// <summary>The command that makes an archive of an image, for a machine that can reach its registry.</summary>
    public static string Command(ImageReference image) =>
        $"skopeo copy docker://{image} oci-archive:{FileName(image)}:{image.Name}   (or: podman pull {image} && podman save --format oci-archive -o {FileName(image)} {image.Name})";

    /// <summary>A file name that tells images apart.</summary>
    public static string FileName(ImageReference image) => string.Concat($"{image.Repository}_{image.Tag ?? image.Digest}".Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')) + ".tar";

    /// <summary>Gets one; null with the reason where it cannot be had.</summary>
    public async Task<(FoundImage? Found, string? Reason)> FindAsync(ImageReference image, CancellationToken cancellationToken)
    {
        foreach (var archive in archives)
        {
            if (archive.Find(image) is { } known)
            {
                // A file with several images would carry the others along.
                return archive.Images.Count == 1 ? (new FoundImage(archive, known.Digest), null) : (null, $"{archive.File} holds it together with others; save it alone");
            }
        }

        var file = Path.Combine(scratch, FileName(image));
        if (_skopeo is not null)
        {
            return await TryAsync([(_skopeo, ["copy", "--quiet", $"docker://{image}", $"oci-archive:{file}:{image.Name}"])], file, image, cancellationToken);
        }

        return _runtime is null
            ? (null, "neither skopeo nor podman nor docker is here to fetch it")
            : await TryAsync(
                [
                    (_runtime, ["pull", "--quiet", image.ToString()]),
                    (_runtime, ["save", .. Path.GetFileName(_runtime) == "podman" ? (string[])["--format", "oci-archive"] : [], "--output", file, image.Digest is null ? image.Name : image.ToString()]),
                ],
                file,
                image,
                cancellationToken);
    }

    private static async Task<(FoundImage? Found, string? Reason)> TryAsync(
        IReadOnlyList<(string Program, string[] Arguments)> steps, string file, ImageReference image, CancellationToken cancellationToken)
    {
        foreach (var (program, arguments) in steps)
        {
            var result = await ChildProgram.CaptureAsync(program, arguments, Path.GetTempPath(), Limit, cancellationToken: cancellationToken);
            if (!result.Succeeded)
            {
                File.Delete(file);
                var said = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
                return (null, result.TimedOut ? $"{Path.GetFileName(program)} did not end in time" : $"{Path.GetFileName(program)}: {said ?? "it failed"}");
            }
        }

        var archive = await ImageArchive.ReadAsync(file, cancellationToken);
        return (new FoundImage(archive, archive.Find(image)?.Digest ?? archive.Images[0].Digest), null);
    }
}
