using System.Runtime.InteropServices;

namespace Rag.Cli.Deployment.Images;

/// <summary>What an image runs on.</summary>
/// <param name="Name">As container tools write it, such as <c>linux/arm64</c>.</param>
/// <param name="RuntimeIdentifier">As .NET writes it, such as <c>linux-arm64</c>.</param>
internal sealed record ImagePlatform(string Name, string RuntimeIdentifier)
{
    // Those that Microsoft publishes a runtime image for and that code can be compiled ahead for from any other of them.
    private static readonly ImagePlatform[] Known = [new("linux/amd64", "linux-x64"), new("linux/arm64", "linux-arm64")];

    /// <summary>The one of this machine.</summary>
    public static ImagePlatform Own => Known[RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? 1 : 0];

    public string Architecture => Name.Split('/')[1];

    /// <summary>What was said with <c>--platform</c>: several, apart or with commas; none is this machine's own.</summary>
    /// <exception cref="CliException">One is not known.</exception>
    public static IReadOnlyList<ImagePlatform> Parse(IReadOnlyList<string> texts)
    {
        var chosen = texts.SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal).Select(Of).ToList();
        return chosen.Count == 0 ? [Own] : chosen;
    }

    private static ImagePlatform Of(string name) => Array.Find(Known, platform => platform.Name == name)
        ?? throw new CliException($"No image can be built for '{name}'.", $"There are: {string.Join(", ", Known.Select(static platform => platform.Name))}.", ExitCode.Usage);
}
