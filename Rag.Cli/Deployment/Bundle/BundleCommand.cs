using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Images;
using Rag.Deploy.Planning;

namespace Rag.Cli.Deployment.Bundle;

/// <summary><c>rag bundle</c>: an environment as one file, for a cluster without a way to the internet.</summary>
internal static partial class BundleCommand
{
    public static Command Create(CliContext context)
    {
        var file = new Argument<string>("file") { Description = "Where to write it, e.g. ragplatform-prod.tar." };
        // Which cluster does not matter here.
        var cluster = new ClusterOptions(generates: true);
        var registry = new Option<string?>("--registry") { Description = "The registry of the other network, such as registry.local:5000/rag: load.sh pushes there, and the manifests name the images there. Default: the images keep their names, and load.sh puts them onto nodes." };
        registry.Validators.Add(static result =>
        {
            if (result.Tokens is [var token, ..] && !RegistryName().IsMatch(token.Value))
            {
                result.AddError($"'{token.Value}' is no registry: a host, a port and a path in lower case, without a scheme.");
            }
        });
        var archives = new Option<string[]>("--image-archive") { Description = "A tar file with an image, or a folder of such files. Those in artifacts/images are looked at anyway." };
        var secrets = new Option<bool>("--with-secrets") { Description = "Put secrets.env in; the file is then as precious as the data." };
        var partial = new Option<bool>("--allow-missing") { Description = "Write the bundle although images could not be had; it names them." };
        var command = new Command("bundle", "Write images, manifests and scripts of an environment into one file, for a cluster without internet.") { file, registry, archives, secrets, partial };
        cluster.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context,
            cluster,
            parsed,
            new BundleRequest(Path.GetFullPath(parsed.GetValue(file)!, context.WorkingDirectory), parsed.GetValue(registry), parsed.GetValue(archives) ?? [], parsed.GetValue(secrets), parsed.GetValue(partial)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ClusterOptions cluster, ParseResult parsed, BundleRequest request, CancellationToken cancellationToken)
    {
        var archives = await ArchivesAsync(context, request.Archives, cancellationToken);
        var overlay = await cluster.RenderAsync(context, parsed, Kubectl.Find(context, clusterContext: null), cancellationToken);
        var scratch = Directory.CreateTempSubdirectory("rag-bundle-").FullName;
        try
        {
            var images = await CollectAsync(context.Terminal, overlay, request.Registry, new ImageSource(archives, scratch), cancellationToken);
            var missing = images.Count(static image => image.Found is null);
            if (missing > 0 && !request.AllowMissing)
            {
                throw new CliException(
                    string.Create(CultureInfo.InvariantCulture, $"{missing} of {images.Count} images could not be had; nothing was written."),
                    "'./rag images' builds those of the app model's projects. Make archives of the others with the commands above and name them with --image-archive; --allow-missing writes the bundle without them.",
                    ExitCode.Unavailable);
            }

            if (BundleContent.Clash(images) is var (one, other))
            {
                throw new CliException(
                    $"{one.Reference} and {other.Reference} are two images, and would be one in the bundle: '{one.Target ?? BundleContent.OnNode(one.Reference)}'.", "Give one of them another tag or path with images.override in the values.", ExitCode.Usage);
            }

            var folder = $"{overlay.Platform ?? overlay.Namespace}-{overlay.Environment}";
            await BundleArchive.WriteAsync(request.File, folder, Files(overlay, request, images), cancellationToken);
            context.Terminal.Good(string.Create(CultureInfo.InvariantCulture, $"{request.File}: {images.Count - missing} images, {new FileInfo(request.File).Length / 1024.0 / 1024.0:0.0} MiB. Unpack it there and read README.md."));
            return missing == 0 ? ExitCode.Ok : ExitCode.Failed;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<LockedImage>> CollectAsync(Terminal terminal, Overlay overlay, string? registry, ImageSource source, CancellationToken cancellationToken)
    {
        var images = new List<LockedImage>();
        foreach (var (text, users) in TreeFacts.Images(overlay.Objects))
        {
            var image = ImageReference.Parse(text);
            var (found, reason) = await source.FindAsync(image, cancellationToken);
            if (found is null)
            {
                terminal.Warn($"missing  {image}: {reason}.");
                terminal.Line($"  {ImageSource.Command(image)}");
            }
            else
            {
                terminal.Line($"found    {image}");
            }

            images.Add(new LockedImage(image, registry is null ? null : BundleContent.Rewrite(image, registry), users, found));
        }

        return images;
    }

    private static Dictionary<string, BundleFile> Files(Overlay overlay, BundleRequest request, IReadOnlyList<LockedImage> images)
    {
        var files = new Dictionary<string, BundleFile>(StringComparer.Ordinal)
        {
            ["README.md"] = Text(BundleContent.Readme(overlay, request.Registry, images, request.WithSecrets)),
            ["images.lock"] = Text(BundleContent.Lock(images)),
            ["load.sh"] = Text(Script("load.sh")) with { IsProgram = true },
            ["verify.sh"] = Text(Script("verify.sh")) with { IsProgram = true },
            ["manifests/kustomization.yaml"] = Text(BundleContent.Kustomization(overlay, request.Registry)),
            ["manifests/platform.yaml"] = Text(BundleContent.Platform(overlay, forNodes: request.Registry is null)),
        };
        foreach (var image in images.Where(static image => image.Found is not null))
        {
            files[$"images/{ImageSource.FileName(image.Reference)}"] = new BundleFile(Text: null, image.Found!.Archive.File);
        }

        if (BundleContent.SecretsExample(overlay) is { } example)
        {
            files["manifests/secrets.env.example"] = Text(example);
            if (request.WithSecrets)
            {
                files["manifests/secrets.env"] = new BundleFile(Text: null, Path.Combine(overlay.Folder, "secrets.env"), IsSecret: true);
            }
        }

        return files;
    }

    private static async Task<IReadOnlyList<ImageArchive>> ArchivesAsync(CliContext context, IReadOnlyList<string> given, CancellationToken cancellationToken)
    {
        var places = given.Select(path => Path.GetFullPath(path, context.WorkingDirectory)).ToList();
        if (context.Checkout is { } checkout && Directory.Exists(ImagesCommand.Folder(checkout)))
        {
            places.Add(ImagesCommand.Folder(checkout));
        }

        var archives = new List<ImageArchive>();
        foreach (var file in places.SelectMany(static place => Directory.Exists(place) ? Directory.EnumerateFiles(place, "*.tar").Order(StringComparer.Ordinal) : (IEnumerable<string>)[place]))
        {
            archives.Add(await ImageArchive.ReadAsync(file, cancellationToken));
        }

        return archives;
    }

    private static BundleFile Text(string text) => new(text, Source: null);

    internal static string Script(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"bundle/{name}") ?? throw new InvalidOperationException($"There is no '{name}' in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*\z", RegexOptions.None, 1000)]
    private static partial Regex RegistryName();
}

/// <summary>What is packed.</summary>
internal sealed record BundleRequest(string File, string? Registry, IReadOnlyList<string> Archives, bool WithSecrets, bool AllowMissing);
