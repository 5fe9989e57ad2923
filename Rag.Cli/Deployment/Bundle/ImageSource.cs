using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Deployment.Images;
using Rag.Cli.Processes;
using Rag.Deploy.Planning;

namespace Rag.Cli.Deployment.Bundle;

/// <summary>Where an image of a bundle was got from: a file that lies there anyway, or one that was made for the bundle and goes with it.</summary>
/// <param name="Archive">The file.</param>
/// <param name="Image">The image in it.</param>
internal sealed record FoundImage(ImageArchive Archive, ArchivedImage Image)
{
    /// <summary>By which a registry will know it; null where the archive holds no manifest, which is made when the image is pushed.</summary>
    public string? Digest => Archive.Format == ArchiveFormat.Oci ? Image.Digest : null;
}

/// <summary>Gets images: out of archives that are there, else with skopeo, podman or docker where one of them is.</summary>
internal sealed class ImageSource(IReadOnlyList<ImageArchive> archives, string scratch)
{
    private const int DigestInFileName = 12;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    private readonly string? _skopeo = ProgramPath.Find("skopeo");
    private readonly string? _runtime = ProgramPath.Find("podman") ?? ProgramPath.Find("docker");

    /// <summary>The command that makes an archive of an image, for a machine that can reach its registry.</summary>
    public static string Command(ImageReference image)
    {
        var skopeo = $"skopeo copy {string.Join(' ', SkopeoArguments(image, FileName(image)))}";
        // podman keeps the manifest of one platform only, whose digest is another than that of the whole.
        return image.Digest is null ? $"{skopeo}   (or: podman pull {image} && podman save --format oci-archive -o {FileName(image)} {image})" : skopeo;
    }

    /// <summary>A file name that tells images apart, by registry and digest too.</summary>
    public static string FileName(ImageReference image) =>
        string.Concat($"{image.Name}{image.Digest?.Replace("sha256:", "@", StringComparison.Ordinal)[..(DigestInFileName + 1)]}".Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')) + ".tar";

    /// <summary>Gets one; null with the reason where it cannot be had.</summary>
    public async Task<(FoundImage? Found, string? Reason)> FindAsync(ImageReference image, CancellationToken cancellationToken)
    {
        string? unfit = null;
        foreach (var candidate in Candidates(image))
        {
            if (Unfit(candidate, image, candidate.Archive.File) is not { } reason)
            {
                return (await ForNodesAsync(candidate, image, cancellationToken), null);
            }

            unfit ??= reason;
        }

        var (found, failure) = await FetchAsync(image, cancellationToken);
        return (found, found is null && unfit is not null ? $"{unfit}; {failure}" : failure);
    }

    // An archive that the SDK wrote by itself is refused by containerd as it is.
    private async Task<FoundImage> ForNodesAsync(FoundImage found, ImageReference wanted, CancellationToken cancellationToken)
    {
        if (!found.Image.HasNoPlatform)
        {
            return found;
        }

        var copy = Path.Combine(scratch, FileName(wanted));
        File.Copy(found.Archive.File, copy, overwrite: true);
        await ImageArchive.PrepareAsync(copy, wanted, cancellationToken);
        var archive = await ImageArchive.ReadAsync(copy, cancellationToken);
        return new FoundImage(archive, archive.Images[0]);
    }

    // By their whole name before what is only called alike.
    private IEnumerable<FoundImage> Candidates(ImageReference wanted) =>
        from search in new Func<ImageArchive, ArchivedImage?>[] { archive => archive.Find(wanted), archive => archive.FindProject(wanted) }
        from archive in archives
        let known = search(archive)
        where known is not null
        select new FoundImage(archive, known);

    private static string? Unfit(FoundImage found, ImageReference wanted, string holder) =>
        // A file with several images would carry the others along.
        found.Archive.Images.Count > 1 ? $"{holder} holds it together with others; save it alone"
        : wanted.Digest is null || found.Digest == wanted.Digest ? null
        : found.Digest is null ? $"{holder} is in docker's format and has no digest that could be compared with {wanted.Digest}, which the manifests ask for"
        : $"{holder} holds it as {found.Digest}, and the manifests ask for {wanted.Digest}";

    private async Task<(FoundImage? Found, string? Reason)> FetchAsync(ImageReference image, CancellationToken cancellationToken)
    {
        var file = Path.Combine(scratch, FileName(image));
        if (_skopeo is not null)
        {
            return await TryAsync([(_skopeo, ["copy", "--quiet", .. SkopeoArguments(image, file)])], file, image, cancellationToken);
        }

        return _runtime is null
            ? (null, "neither skopeo nor podman nor docker is here to fetch it")
            : await TryAsync(
                [
                    (_runtime, ["pull", "--quiet", image.Exact]),
                    (_runtime, ["save", .. Path.GetFileName(_runtime) == "podman" ? (string[])["--format", "oci-archive"] : [], "--output", file, image.Exact]),
                ],
                file,
                image,
                cancellationToken);
    }

    // What a digest stands for has to be copied as it is, with every platform of it: anything else has another digest.
    private static string[] SkopeoArguments(ImageReference image, string file) =>
        [.. image.Digest is null ? (string[])[] : ["--all", "--preserve-digests"], $"docker://{image.Exact}", $"oci-archive:{file}:{image.Name}"];

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
        var found = new FoundImage(archive, archive.Find(image) ?? archive.Images[0]);
        if (Unfit(found, image, $"what {Path.GetFileName(steps[0].Program)} saved") is not { } unfit)
        {
            return (found, null);
        }

        File.Delete(file);
        return (null, unfit);
    }
}
