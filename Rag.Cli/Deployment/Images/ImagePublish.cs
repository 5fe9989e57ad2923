using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Images;

/// <summary>One image, made by the SDK from a project.</summary>
/// <param name="Name">Of the image in the registry or archive.</param>
/// <param name="Project">The project file.</param>
/// <param name="Tag">Its tag.</param>
internal sealed partial record ImagePublish(string Name, string Project, string Tag)
{
    /// <summary>Nobody on the node, and the same as in the manifests.</summary>
    private const int User = 10001;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    /// <summary>Arguments of <c>dotnet</c>.</summary>
    /// <param name="baseImage">Null: the SDK's own choice.</param>
    /// <param name="archive">Where to write it; null: push it.</param>
    /// <param name="registry">Where to push it, such as <c>registry.example.com/rag</c>; null: write it.</param>
    public IReadOnlyList<string> Arguments(string? baseImage, string? archive, string? registry)
    {
        var slash = registry?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        var (host, path) = slash < 0 ? (registry, "") : (registry![..slash], registry[(slash + 1)..] + "/");
        return
        [
            "publish", Project, "--configuration", "Release", "--os", "linux", "--arch", RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64", "--no-self-contained",
            "-target:PublishContainer", "-nologo", "-verbosity:quiet", "-clp:NoSummary",
            // Code that is compiled already starts faster; what it weighs is told by the command.
            "-property:PublishReadyToRun=true",
            $"-property:ContainerRepository={path}{Name}",
            $"-property:ContainerImageTag={Tag}",
            string.Create(CultureInfo.InvariantCulture, $"-property:ContainerUser={User}"),
            "-property:ContainerImageFormat=OCI",
            .. baseImage is null ? (string[])[] : [$"-property:ContainerBaseImage={baseImage}"],
            .. archive is null ? (string[])[] : [$"-property:ContainerArchiveOutputPath={archive}"],
            .. host is null ? (string[])[] : [$"-property:ContainerRegistry={host}"],
            "-getProperty:GeneratedContainerDigest",
        ];
    }

    /// <summary>Makes it.</summary>
    /// <returns>The digest of its manifest.</returns>
    /// <exception cref="CliException">It could not be made; nothing is left of it.</exception>
    public async Task<string?> RunAsync(string? baseImage, string? archive, string? registry, string workingDirectory, CancellationToken cancellationToken)
    {
        var result = await ChildProgram.CaptureAsync("dotnet", Arguments(baseImage, archive, registry), workingDirectory, Limit, cancellationToken: cancellationToken);
        return result.Succeeded
            ? Digest().Match(result.Output) is { Success: true } digest ? digest.Value : null
            : throw Failure(result, baseImage);
    }

    internal CliException Failure(ProgramResult result, string? baseImage)
    {
        var said = (result.Output + "\n" + result.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var errors = said.Where(static line => line.Contains("error", StringComparison.OrdinalIgnoreCase)).Distinct().ToList();
        var first = errors.FirstOrDefault() ?? said.LastOrDefault() ?? $"exit code {result.ExitCode}";
        if (said.Any(static line => line.Contains("MSB4057", StringComparison.Ordinal)))
        {
            return new CliException("This SDK cannot build images: it has no target PublishContainer.", "The .NET SDK 10 has it: https://dot.net/download", ExitCode.Unavailable);
        }

        if (said.Any(static line => BaseErrors().IsMatch(line)))
        {
            return new CliException(
                $"The base image of {Name}{(baseImage is null ? "" : $" ({baseImage})")} cannot be fetched: {first}",
                "Without a way to its registry give a local archive: --base FILE ('podman save --format oci-archive -o FILE IMAGE' writes one where it can be pulled).",
                ExitCode.Unavailable);
        }

        return new CliException($"The image of {Name} could not be built: {first}");
    }

    [GeneratedRegex("sha256:[0-9a-f]{64}", RegexOptions.None, 1000)]
    private static partial Regex Digest();

    // What the SDK's container tasks say of a base image's registry, and what the network says below them.
    [GeneratedRegex(@"CONTAINER10(01|06|07|15|16|17|18)|CONTAINER2003|Failed retrieving credentials|Name or service not known|Connection refused|The SSL connection could not be established|mcr\.microsoft\.com|No such host", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex BaseErrors();
}
