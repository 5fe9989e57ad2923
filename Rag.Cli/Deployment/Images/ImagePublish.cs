using System.Text;
using System.Text.RegularExpressions;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Images;

/// <summary>One image, made by the SDK from a project.</summary>
/// <param name="Name">Of the image in the registry or archive.</param>
/// <param name="Project">The project file.</param>
/// <param name="Tag">Its tag.</param>
/// <param name="Platforms">What it runs on; of several it becomes one image under one name.</param>
internal sealed partial record ImagePublish(string Name, string Project, string Tag, IReadOnlyList<ImagePlatform> Platforms)
{
    /// <summary>Nobody on the node, and the same as in the manifests. A user alone would get the group of root.</summary>
    private const string User = "10001:10001";

    /// <summary>Where the SDK reads the names of registries that may have no certificate.</summary>
    public const string InsecureRegistries = "DOTNET_CONTAINER_INSECURE_REGISTRIES";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    private bool IsOne => Platforms.Count == 1;

    /// <summary>Arguments of <c>dotnet</c>.</summary>
    /// <param name="baseImage">What it stands on.</param>
    /// <param name="archive">Where to write it; null: push it.</param>
    /// <param name="registry">Where to push it, such as <c>registry.example.com/rag</c>; null: write it.</param>
    public IReadOnlyList<string> Arguments(string baseImage, string? archive, string? registry)
    {
        var slash = registry?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        var (host, path) = slash < 0 ? (registry, "") : (registry![..slash], registry[(slash + 1)..] + "/");
        // Without the quotes MSBuild takes what follows the semicolon for another property.
        var several = $"\"{string.Join(';', Platforms.Select(static platform => platform.RuntimeIdentifier))}\"";
        return
        [
            .. IsOne
                ? (string[])["publish", Project, "--runtime", Platforms[0].RuntimeIdentifier]
                // 'publish' would publish for no platform in particular first; of several the SDK publishes each by itself.
                : ["msbuild", Project, "-restore", $"-property:RuntimeIdentifiers={several}", $"-property:ContainerRuntimeIdentifiers={several}", "-property:UseCurrentRuntimeIdentifier=false"],
            "-target:PublishContainer", "-nologo", "-verbosity:quiet", "-clp:NoSummary",
            "-property:Configuration=Release", "-property:SelfContained=false",
            // Code that is compiled already starts faster; what it weighs is told by the command. The image starts 'dotnet', not a program of its own.
            "-property:PublishReadyToRun=true", "-property:UseAppHost=false", "-property:PublishDocumentationFiles=false",
            $"-property:ContainerRepository={path}{Name}",
            $"-property:ContainerImageTag={Tag}",
            $"-property:ContainerUser={User}",
            "-property:ContainerImageFormat=OCI",
            $"-property:ContainerBaseImage={baseImage}",
            // The address that an archive was served at says nothing afterwards; the base's digest stays on the label beside it.
            .. IsOfThisMachine(baseImage) ? (string[])["-property:ContainerGenerateLabelsImageBaseName=false"] : [],
            .. archive is null ? (string[])[] : [$"-property:ContainerArchiveOutputPath={archive}"],
            .. host is null ? (string[])[] : [$"-property:ContainerRegistry={host}"],
            $"-getProperty:{(IsOne ? "GeneratedContainerDigest" : "GeneratedImageIndex")}",
        ];
    }

    /// <summary>Makes it.</summary>
    /// <param name="baseImage">What it stands on.</param>
    /// <param name="archive">Where to write it; null: push it.</param>
    /// <param name="registry">Where to push it; null: write it.</param>
    /// <param name="insecure">Registries that are allowed to have no certificate, as the SDK's variable says by now.</param>
    /// <param name="workingDirectory">Where <c>dotnet</c> runs: its <c>global.json</c> counts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The digest of its manifest.</returns>
    /// <exception cref="CliException">It could not be made; nothing is left of it.</exception>
    public async Task<string?> RunAsync(string baseImage, string? archive, string? registry, string? insecure, string workingDirectory, CancellationToken cancellationToken)
    {
        // What is served on this machine has no certificate; the SDK goes without one only where it is told to.
        var local = new[] { baseImage, registry }.OfType<string>().Where(IsOfThisMachine).Select(HostOf);
        var environment = new Dictionary<string, string?> { [InsecureRegistries] = string.Join(';', local.Append(insecure).Where(static name => !string.IsNullOrEmpty(name)).Distinct(StringComparer.Ordinal)) };
        var result = await ChildProgram.CaptureAsync("dotnet", Arguments(baseImage, archive, registry), workingDirectory, Limit, environment, cancellationToken: cancellationToken);
        return !result.Succeeded ? throw Failure(result, baseImage, registry)
            : !IsOne ? ArchiveLayout.DigestOf(Encoding.UTF8.GetBytes(result.Output.Trim()))
            : Digest().Match(result.Output) is { Success: true } digest ? digest.Value : null;
    }

    // localhost:5001, 127.0.0.1:5001, [::1]:5001
    private static bool IsOfThisMachine(string reference) => Uri.TryCreate($"http://{HostOf(reference)}", UriKind.Absolute, out var address) && address.IsLoopback;

    private static string HostOf(string reference) => reference.Split('/')[0];

    internal CliException Failure(ProgramResult result, string baseImage, string? registry)
    {
        var said = (result.Output + "\n" + result.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // Of a task that failed, the first line says only that it did, and from the third on stands where.
        var first = said.Where(static line => line.Contains("error", StringComparison.OrdinalIgnoreCase) && !line.Contains("failed unexpectedly", StringComparison.Ordinal)).Select(static line => OfTheSdk().Replace(line, "")).FirstOrDefault()
            ?? said.LastOrDefault() ?? $"exit code {result.ExitCode}";
        if (said.Any(static line => line.Contains("MSB4057", StringComparison.Ordinal)))
        {
            return new CliException("This SDK cannot build images: it has no target PublishContainer.", "The .NET SDK 10 has it: https://dot.net/download", ExitCode.Unavailable);
        }

        // What is served here can be fetched: then the network's words are of the other registry.
        if (registry is not null && said.Any(line => PushErrors().IsMatch(line) || (BaseErrors().IsMatch(line) && (IsOfThisMachine(baseImage) || line.Contains(HostOf(registry), StringComparison.Ordinal)))))
        {
            return new CliException(
                $"The image of {Name} cannot be pushed to {registry}: {first}",
                $"Sign in with 'docker login {HostOf(registry)}' or 'podman login {HostOf(registry)}'. A registry without a certificate has to be named in {InsecureRegistries}, one of this machine needs not.",
                ExitCode.Unavailable);
        }

        if (said.Any(static line => BaseErrors().IsMatch(line)))
        {
            return new CliException(
                $"The base image of {Name} ({baseImage}) cannot be fetched: {first}",
                "Without a way to its registry give a local archive: --base FILE ('podman save --format oci-archive -o FILE IMAGE' writes one where it can be pulled).",
                ExitCode.Unavailable);
        }

        return new CliException($"The image of {Name} could not be built: {first}");
    }

    // /usr/share/dotnet/sdk/.../Microsoft.NET.Build.Containers.targets(255,5): error CONTAINER1013: ... [/src/Rag.Api/Rag.Api.csproj]
    [GeneratedRegex(@"^.*Microsoft\.NET\.Build\.Containers\.targets\(\d+,\d+\): error [A-Z]+\d+: | \[[^\]]+proj(::[^\]]*)?\]$", RegexOptions.None, 1000)]
    private static partial Regex OfTheSdk();

    [GeneratedRegex("sha256:[0-9a-f]{64}", RegexOptions.None, 1000)]
    private static partial Regex Digest();

    // What they say of the registry that they push to.
    [GeneratedRegex("CONTAINER10(01|02|05|13)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PushErrors();

    // What the SDK's container tasks say of a base image's registry, and what the network says below them.
    [GeneratedRegex(@"CONTAINER10(03|04|06|07|08|11|14|15|16|17|18)|CONTAINER200[34]|Failed retrieving credentials|Name or service not known|Connection refused|The SSL connection could not be established|mcr\.microsoft\.com|No such host", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex BaseErrors();
}
