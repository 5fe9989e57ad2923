using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Cli.Deployment.Images;

/// <summary><c>rag images</c>: container images of the app model's projects and of the command line, made by the SDK: no daemon, no root.</summary>
internal static class ImagesCommand
{
    // The smoke and load test jobs run it; see docs/decisions/an-image-for-the-command-line.md.
    private const string CommandLine = "rag-cli";

    public static Command Create(CliContext context)
    {
        var names = new Argument<string[]>("names") { Description = "Only these: projects of the app model, or rag-cli for the command line, which the smoke and load test jobs run. Default: all of them.", Arity = ArgumentArity.ZeroOrMore };
        var registry = new Option<string?>("--registry") { Description = "Push to this registry, such as registry.example.com/rag, with the credentials of 'docker login'. Default: write archives." };
        var folder = new Option<string?>("--folder") { Description = "Where archives go. Default: artifacts/images in the checkout." };
        var tag = new Option<string?>("--tag") { Description = "Tag of the images. Default: version of the values." };
        var environment = new Option<string?>("--environment", "-e") { Description = "Name them as this environment asks for them. Default: as the common values say." };
        var bases = new Option<string[]>("--base") { Description = "What they stand on: an image of a registry (pin it as name:tag@sha256:...) or a local archive; NAME=... for one of them. Default: " + BaseImage.Standard + "." };
        var platforms = new Option<string[]>("--platform") { Description = "What they run on: linux/amd64, linux/arm64, or both with a comma, as one image under one name. Default: this machine's." };
        var options = new ModelOptions();
        var command = new Command("images", "Build the container images of the services and of the command line, as archives or into a registry.") { names, environment, registry, folder, tag, bases, platforms };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = await options.ModelAsync(context, parsed, cancellationToken);
            var all = options.Values(context, parsed);
            var values = Chosen(all, parsed.GetValue(environment));
            var version = parsed.GetValue(tag) ?? values.Version;
            var byHand = Dockerfiles(model, values, parsed.GetValue(registry), version);
            RequireBuildable(Projects(model, context.Checkout), byHand, parsed.GetValue(names) ?? []);
            var target = parsed.GetValue(registry) is null ? parsed.GetValue(folder) is { } wanted ? Path.GetFullPath(wanted, context.WorkingDirectory) : Folder(context.RequireCheckout()) : null;
            var images = Chosen(Projects(model, context.Checkout), parsed.GetValue(names) ?? []);
            var chosenPlatforms = ImagePlatform.Parse(parsed.GetValue(platforms) ?? []);
            var request = new ImagesRequest([.. images.Select(image => new ImagePublish(image.Name, image.Project, version, chosenPlatforms))], BaseChoice.Parse(parsed.GetValue(bases) ?? []), parsed.GetValue(registry), target, Path.Combine(options.Folder(context, parsed), "images"), values.Images.Registry);
            var code = await RunAsync(context, request, cancellationToken);
            foreach (var other in target is null ? [] : OthersOf(all, values.Images.Registry, version))
            {
                context.Terminal.Warn(other);
            }

            foreach (var (name, build) in parsed.GetValue(names) is { Length: > 0 } ? [] : byHand)
            {
                context.Terminal.Warn($"{name} is built from a Dockerfile, and was not: {build}");
            }

            return code;
        });
        return command;
    }

    private static DeployValues Chosen(EnvironmentValues values, string? environment) => environment is null ? values.Common
        : values.Environments.GetValueOrDefault(environment) ?? throw new CliException($"There are no values of an environment '{environment}'.", $"There are: {string.Join(", ", values.Environments.Keys)}.", ExitCode.Usage);

    /// <summary>What to say of the environments that ask for images by another name than the one that is in the archives.</summary>
    internal static IEnumerable<string> OthersOf(EnvironmentValues values, string registry, string version) =>
        from other in values.Environments
        where other.Value.Images.Registry != registry || other.Value.Version != version
        let place = other.Value.Images.Registry.Length == 0 ? "no registry" : other.Value.Images.Registry
        select $"{other.Key} asks for images of {place} with the tag {other.Value.Version}, and a node that one of these archives is loaded onto knows it otherwise: './rag images -e {other.Key}' names them so.";

    /// <summary>Where archives are that this command wrote.</summary>
    public static string Folder(Checkout checkout) => Path.Combine(checkout.Root, "artifacts", "images");

    private static async Task<int> RunAsync(CliContext context, ImagesRequest request, CancellationToken cancellationToken)
    {
        // Before minutes of building the others.
        if (request.Images.FirstOrDefault(image => request.Containerfile(image) is not null) is { } first)
        {
            await Containerfile.RequireRuntimeAsync(request.Containerfile(first)!, cancellationToken);
        }

        var digests = new List<(string Name, string Digest)>();
        foreach (var image in request.Images)
        {
            var started = Stopwatch.GetTimestamp();
            context.Terminal.Line($"Building {image.Name} ...");
            var (where, digest) = await BuildAsync(context, request, image, cancellationToken);
            context.Terminal.Good(string.Create(CultureInfo.InvariantCulture, $"{image.Name}:{image.Tag}  {where}  {digest}  in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s"));
            digests.Add((image.Name, digest));
        }

        if (request.Registry is not null)
        {
            context.Terminal.Line("To name them by digest as well, for the values:");
            context.Terminal.Line("images:");
            context.Terminal.Line($"  registry: {request.Registry}");
            context.Terminal.Line("  digests:");
            digests.ForEach(one => context.Terminal.Line($"    {one.Name}: \"{one.Digest}\""));
        }

        return ExitCode.Ok;
    }

    private static async Task<(string Where, string Digest)> BuildAsync(CliContext context, ImagesRequest request, ImagePublish image, CancellationToken cancellationToken)
    {
        await using var stand = request.Containerfile(image) is { } containerfile
            ? await Containerfile.BuildAsync(containerfile, request.Bases.Shared, image.Platforms, context.WorkingDirectory, context.Terminal, cancellationToken)
            : await BaseImage.OfAsync(request.Bases.Own(image.Name) ?? request.Bases.Shared, image.Platforms, context.WorkingDirectory, cancellationToken);
        var workingDirectory = Path.GetDirectoryName(image.Project)!;
        var insecure = context.Variable(ImagePublish.InsecureRegistries);
        if (request.Folder is null)
        {
            var pushed = await image.RunAsync(stand.Reference, archive: null, request.Registry, insecure, workingDirectory, cancellationToken);
            return ($"{request.Registry}/{image.Name}", pushed ?? "");
        }

        Directory.CreateDirectory(request.Folder);
        var file = Path.Combine(request.Folder, $"{image.Name}.tar");
        // Beside its place first, so that an image that was there stays until the new one is whole.
        var unfinished = Path.Combine(request.Folder, $".{image.Name}-{Guid.NewGuid():N}.tar");
        try
        {
            await image.RunAsync(stand.Reference, unfinished, registry: null, insecure, workingDirectory, cancellationToken);
            // The SDK names what it writes as if it were docker.io's; a node that it is loaded onto has to know it as the manifests ask for it.
            await ImageArchive.PrepareAsync(unfinished, ImageReference.Parse($"{(request.ImagesRegistry.Length == 0 ? "" : request.ImagesRegistry + "/")}{image.Name}:{image.Tag}"), cancellationToken);
            var archive = await ImageArchive.ReadAsync(unfinished, cancellationToken);
            File.Move(unfinished, file, overwrite: true);
            return (string.Create(CultureInfo.InvariantCulture, $"{file} ({new FileInfo(file).Length / 1024.0 / 1024.0:0.0} MiB)"), archive.Images[0].Digest);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>What images can be built, as the manifests name them: the app model's projects, and the command line where they are this checkout's.</summary>
    internal static IReadOnlyList<(string Name, string Project)> Projects(AppManifest model, Checkout? checkout)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(model.File))!;
        List<(string Name, string Project)> projects = [.. model.Resources.Values.OfType<ProjectResource>().Select(project => (project.Name.ToLowerInvariant(), Path.GetFullPath(project.Path, folder)))];
        // Somebody else's app host has nothing that the tests of this platform's API could try.
        return checkout is not null && projects.Exists(project => project.Project == checkout.Api) ? [.. projects, (CommandLine, checkout.CommandLine)] : projects;
    }

    /// <summary>Images that are built from a Dockerfile, and the command that builds them under the name that the manifests have.</summary>
    internal static IReadOnlyList<(string Name, string Build)> Dockerfiles(AppManifest model, DeployValues values, string? registry, string version)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(model.File))!;
        var place = registry ?? values.Images.Registry;
        return
        [
            .. from container in model.Resources.Values.OfType<ContainerResource>()
               where container.Build is { BuildOnly: false } && !values.Images.Override.ContainsKey(container.Name)
               let build = container.Build
               let name = container.Name.ToLowerInvariant()
               let stage = build.Stage is null ? "" : $" --target {build.Stage}"
               let arguments = string.Concat(build.Args.Keys.Select(static argument => $" --build-arg {argument}=..."))
               select (name, $"docker build -t {(place.Length == 0 ? "" : place + "/")}{name}:{version} -f {Path.GetFullPath(build.Dockerfile, folder)}{stage}{arguments} {Path.GetFullPath(build.Context, folder)}"),
        ];
    }

    // The SDK makes images out of projects and of nothing else.
    private static void RequireBuildable(IReadOnlyList<(string Name, string Project)> projects, IReadOnlyList<(string Name, string Build)> byHand, string[] names)
    {
        var asked = names.Length == 0 ? projects.Count > 0 ? [] : byHand : [.. byHand.Where(image => names.Any(name => Is(image.Name, name)))];
        if (asked.Count > 0)
        {
            throw new CliException(
                $"{string.Join(", ", asked.Select(static image => image.Name))}: built from a Dockerfile, which this command does not do. Nothing was built.",
                $"Build by hand: {string.Join("; ", asked.Select(static image => image.Build))}", ExitCode.Failed);
        }

        if (projects.Count == 0)
        {
            throw new CliException("There is nothing to build: the app model has no project.", exitCode: ExitCode.Failed);
        }
    }

    internal static IReadOnlyList<(string Name, string Project)> Chosen(IReadOnlyList<(string Name, string Project)> images, IReadOnlyList<string> names) =>
        names.FirstOrDefault(name => images.All(image => !Is(image.Name, name))) is { } unknown
            ? throw new CliException($"There is no project '{unknown}' in the app model.", $"There are: {string.Join(", ", images.Select(static image => image.Name))}.", ExitCode.Usage)
            : [.. images.Where(image => names.Count == 0 || names.Any(name => Is(image.Name, name)))];

    private static bool Is(string image, string name) => string.Equals(image, name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What is built.</summary>
/// <param name="Images">Which.</param>
/// <param name="Bases">On what.</param>
/// <param name="Registry">Pushed there; null: written.</param>
/// <param name="Folder">Written there; null: pushed.</param>
/// <param name="Containerfiles">Folder with what single images need beyond the runtime, as NAME.Containerfile.</param>
/// <param name="ImagesRegistry">Where the manifests say that they are from; empty: from none.</param>
internal sealed record ImagesRequest(IReadOnlyList<ImagePublish> Images, BaseChoice Bases, string? Registry, string? Folder, string Containerfiles, string ImagesRegistry)
{
    /// <summary>What describes the base of an image; null where it needs nothing beyond the runtime, or was given a base that has it.</summary>
    public string? Containerfile(ImagePublish image) =>
        Bases.Own(image.Name) is null && Path.Combine(Containerfiles, $"{image.Name}.Containerfile") is var file && File.Exists(file) ? file : null;
}

/// <summary>What was said with <c>--base</c>.</summary>
/// <param name="Shared">For all.</param>
/// <param name="ByName">For single images.</param>
internal sealed record BaseChoice(string Shared, IReadOnlyDictionary<string, string> ByName)
{
    public string? Own(string name) => ByName.GetValueOrDefault(name);

    public static BaseChoice Parse(IReadOnlyList<string> texts)
    {
        // A reference has no '=', a path hardly.
        var named = texts.Where(static text => text.Contains('=', StringComparison.Ordinal)).Select(static text => text.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal);
        return texts.Where(static text => !text.Contains('=', StringComparison.Ordinal)).ToList() switch
        {
            [] => new BaseChoice(BaseImage.Standard, named),
            [var shared] => new BaseChoice(shared, named),
            _ => throw new CliException("--base was given more than once without a name.", "One holds for all; NAME=... for single ones.", ExitCode.Usage),
        };
    }
}
