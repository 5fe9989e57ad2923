using System.Text.Json;

namespace Rag.Deploy.AppModel;

/// <summary>
/// Reads Aspire's manifest. Unknown kinds of resources and unknown fields are legal, because new versions bring some; what is known has to
/// have its shape.
/// </summary>
public static class ManifestReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a manifest from a file.</summary>
    /// <exception cref="ManifestException">It is not there, not JSON, or a resource lacks what its type demands or has a name that Aspire does not allow.</exception>
    public static AppManifest ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return Read(path, File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ManifestException(
                path, resource: null, $"it cannot be read: {exception.Message}",
                "An app host writes it with: dotnet run --project AppHost -- --publisher manifest --output-path aspire-manifest.json", exception);
        }
    }

    /// <summary>Reads a manifest from its text.</summary>
    /// <param name="file">Stands in messages and is where relative paths start from.</param>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="ManifestException">See <see cref="ReadFile"/>.</exception>
    public static AppManifest Read(string file, ReadOnlyMemory<byte> json)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        using var document = Parse(file, json);
        var root = new ManifestElement(file, resource: null, path: "", document.RootElement);
        var resources = new OrderedDictionary<string, AppResource>(StringComparer.Ordinal);
        foreach (var (name, element) in root.Require("resources").Members())
        {
            var resource = Resource(name, element.Of(name));
            if (!ResourceNames.IsAllowed(resource))
            {
                throw new ManifestException(file, name, $"Aspire has no such names of resources; allowed are: {ResourceNames.Allowed}.", "Rename it in the app host.");
            }

            if (ResourceNames.IsUsed(resource) && resources.Values.FirstOrDefault(other => ResourceNames.IsUsed(other) && string.Equals(other.Name, name, StringComparison.OrdinalIgnoreCase)) is { } like)
            {
                throw new ManifestException(file, name, $"there is '{like.Name}' too; names have to differ in more than upper and lower case.", "Rename one of them in the app host.");
            }

            resources.Add(name, resource);
        }

        return new AppManifest(file, resources);
    }

    private static JsonDocument Parse(string file, ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (JsonException exception)
        {
            throw new ManifestException(file, resource: null, $"it is not a manifest: {exception.Message}", inner: exception);
        }
    }

    private static AppResource Resource(string name, ManifestElement entry)
    {
        if (entry.OptionalText("error") is { } error)
        {
            return new FaultyResource(name, error);
        }

        return entry.Text("type") switch
        {
            "project.v0" or "project.v1" => Workload(new ProjectResource(name, entry.Text("path")) { Deployment = entry.Optional("deployment")?.OptionalText("type") }, entry),
            "container.v0" or "container.v1" => Container(name, entry),
            "dockerfile.v0" => Dockerfile(name, entry),
            "executable.v0" => Workload(new ExecutableResource(name, entry.Text("command"), entry.Text("workingDirectory")), entry),
            "value.v0" => new ValueResource(name, entry.Text("connectionString")),
            "parameter.v0" => Parameter(name, entry),
            "annotated.string" => new FilteredResource(name, entry.Text("value"), entry.Text("filter")),
            var type => new UnknownResource(name, type),
        };
    }

    private static ContainerResource Container(string name, ManifestElement entry)
    {
        var image = entry.OptionalText("image");
        var build = entry.Optional("build") is { } described ? Build(described) : null;
        if (image is null == build is null)
        {
            throw entry.Fault(image is null ? "it has neither 'image' nor 'build'." : "it has both 'image' and 'build'; one of them is meant.");
        }

        return Workload(WithContainer(new ContainerResource(name) { Image = image, Build = build }, entry), entry);
    }

    private static ContainerResource Dockerfile(string name, ManifestElement entry)
    {
        var build = new ImageBuild(entry.Text("context"), entry.Text("path"), Stage: null, OptionalTexts(entry, "buildArgs"), BuildOnly: false);
        return Workload(WithContainer(new ContainerResource(name) { Build = build }, entry), entry);
    }

    private static ContainerResource WithContainer(ContainerResource container, ManifestElement entry) => container with
    {
        Entrypoint = entry.OptionalText("entrypoint"),
        ConnectionString = entry.OptionalText("connectionString"),
        Volumes = [.. entry.Items("volumes").Select(static v => new VolumeMount(v.OptionalText("name"), v.Text("target"), v.Flag("readOnly") ?? false))],
        BindMounts = [.. entry.Items("bindMounts").Select(static m => new BindMount(m.Text("source"), m.Text("target"), m.Flag("readOnly") ?? false))],
    };

    private static ImageBuild Build(ManifestElement build) => new(
        build.Text("context"), build.Text("dockerfile"), build.OptionalText("stage"), OptionalTexts(build, "args"), build.Flag("buildOnly") ?? false)
    {
        Secrets = [.. build.Optional("secrets")?.Members().Select(static secret => secret.Name) ?? []],
    };

    private static T Workload<T>(T resource, ManifestElement entry)
        where T : WorkloadResource => resource with
        {
            Args = [.. entry.Items("args").Select(static argument => argument.AsText())],
            Env = Texts(entry, "env"),
            Bindings = Bindings(entry),
        };

    private static OrderedDictionary<string, Binding> Bindings(ManifestElement entry)
    {
        var bindings = new OrderedDictionary<string, Binding>(StringComparer.Ordinal);
        foreach (var (name, binding) in entry.Optional("bindings")?.Members() ?? [])
        {
            bindings.Add(name, new Binding(
                binding.Text("scheme"), binding.Text("protocol"), binding.Text("transport"), binding.Port("port"), binding.Port("targetPort"), binding.Flag("external") ?? false));
        }

        return bindings;
    }

    private static ParameterResource Parameter(string name, ManifestElement entry)
    {
        var inputs = new OrderedDictionary<string, ParameterInput>(StringComparer.Ordinal);
        foreach (var (input, description) in entry.Optional("inputs")?.Members() ?? [])
        {
            var standard = description.Optional("default");
            inputs.Add(input, new ParameterInput(
                description.Flag("secret") ?? false, standard?.OptionalText("value"), standard?.Optional("generate") is { } shape ? Generate(shape) : null));
        }

        if (inputs.Where(static input => input.Value.Secret).Select(static input => input.Key).ToList() is { Count: > 1 } secrets)
        {
            throw entry.Fault($"it has {secrets.Count} secret inputs ({string.Join(", ", secrets)}); a parameter may have one, because its name is the secret's key. Make each a parameter of its own in the app host.");
        }

        return new ParameterResource(name, entry.Text("value")) { Inputs = inputs, ConnectionString = entry.OptionalText("connectionString") };
    }

    private static GeneratedText Generate(ManifestElement shape) => new(shape.Number("minLength") ?? throw shape.Fault("'minLength' is missing."))
    {
        Lower = shape.Flag("lower") ?? true,
        Upper = shape.Flag("upper") ?? true,
        Numeric = shape.Flag("numeric") ?? true,
        Special = shape.Flag("special") ?? true,
        MinLower = shape.Number("minLower") ?? 0,
        MinUpper = shape.Number("minUpper") ?? 0,
        MinNumeric = shape.Number("minNumeric") ?? 0,
        MinSpecial = shape.Number("minSpecial") ?? 0,
    };

    private static OrderedDictionary<string, string> Texts(ManifestElement entry, string name)
    {
        var texts = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in entry.Optional(name)?.Members() ?? [])
        {
            texts.Add(key, value.AsText());
        }

        return texts;
    }

    private static OrderedDictionary<string, string?> OptionalTexts(ManifestElement entry, string name)
    {
        var texts = new OrderedDictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, value) in entry.Optional(name)?.Members() ?? [])
        {
            texts.Add(key, value.AsOptionalText());
        }

        return texts;
    }
}
