using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Manifest;

/// <summary>
/// Turns an app model into a manifest. Resources that are only referenced, such as generated passwords, come after those of the model, each
/// followed by its encoded forms; conditional expressions come last.
/// </summary>
internal sealed class ManifestWriter
{
    private readonly DistributedApplicationModel _model;
    private readonly DistributedApplicationExecutionContext _executionContext;
    private readonly string _directory;
    private readonly ManifestReferences _references;
    private readonly ManifestBindings _bindings = new();
    private readonly OrderedDictionary<string, object> _written = [];

    private ManifestWriter(DistributedApplicationModel model, DistributedApplicationExecutionContext executionContext, string directory)
    {
        _model = model;
        _executionContext = executionContext;
        _directory = directory;
        _references = new ManifestReferences(model.Resources.Select(resource => resource.Name));
    }

    /// <param name="model">What to write.</param>
    /// <param name="executionContext">Given to the callbacks of the model; in publish mode.</param>
    /// <param name="manifestPath">Where the manifest will be: paths in it are relative to its directory.</param>
    /// <param name="cancellationToken">Given to the callbacks of the model.</param>
    public static async Task<ManifestDocument> WriteAsync(
        DistributedApplicationModel model,
        DistributedApplicationExecutionContext executionContext,
        string manifestPath,
        CancellationToken cancellationToken)
    {
        var writer = new ManifestWriter(model, executionContext, Path.GetDirectoryName(Path.GetFullPath(manifestPath))!);
        foreach (var resource in model.Resources)
        {
            await writer.WriteAsync(resource, cancellationToken);
        }

        foreach (var resource in writer._references.Resources.Where(resource => !model.Resources.Any(known => ResourceName.Comparer.Equals(known.Name, resource.Name))))
        {
            await writer.WriteAsync(resource, cancellationToken);
        }

        writer.WriteEncodedForms(writer._references.TakeEncodedForms());
        foreach (var conditional in writer._references.Conditionals)
        {
            writer._written[conditional.ConditionalName!] = new ManifestValue(await conditional.GetValueAsync(cancellationToken) ?? string.Empty);
        }

        return new ManifestDocument(writer._written);
    }

    private async Task WriteAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (resource.Annotations.OfType<ExcludedFromManifestAnnotation>().Any())
        {
            return;
        }

        _written[resource.Name] = resource switch
        {
            ContainerResource container => await ContainerAsync(container, cancellationToken),
            ProjectResource project => await ProjectAsync(project, cancellationToken),
            ExecutableResource executable => await ExecutableAsync(executable, cancellationToken),
            ParameterResource parameter => Parameter(parameter),
            IResourceWithConnectionString connection => new ManifestValue(ConnectionString(connection)!),
            _ => new ManifestError("This resource does not support generation in the manifest."),
        };
        if (resource is ParameterResource written)
        {
            WriteEncodedForms(_references.TakeEncodedForms(written));
        }
    }

    private async Task<ManifestProject> ProjectAsync(ProjectResource project, CancellationToken cancellationToken) => new()
    {
        Path = Relative(project.GetProjectMetadata().ProjectPath),
        Args = await ArgumentsAsync(project, cancellationToken),
        Env = await EnvironmentAsync(project, cancellationToken),
        Bindings = _bindings.For(project),
    };

    private async Task<ManifestContainer> ContainerAsync(ContainerResource container, CancellationToken cancellationToken)
    {
        var connectionString = ConnectionString(container);
        container.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build);
        container.TryGetContainerImageName(out var image);
        if (build is null && image is null)
        {
            throw new DistributedApplicationException($"The container '{container.Name}' has neither an image nor a Dockerfile. Call WithImage.");
        }

        return new ManifestContainer
        {
            ConnectionString = connectionString,
            Image = build is null ? image : null,
            Build = build is null ? null : Build(build),
            Entrypoint = container.Entrypoint,
            Args = await ArgumentsAsync(container, cancellationToken),
            BindMounts = Mounts(container, ContainerMountType.BindMount, mount =>
                new ManifestBindMount(Relative(mount.Source!), mount.Target.Replace('\\', '/'), mount.IsReadOnly)),
            Volumes = Mounts(container, ContainerMountType.Volume, mount => new ManifestVolume(mount.Source, mount.Target, mount.IsReadOnly)),
            Env = await EnvironmentAsync(container, cancellationToken),
            Bindings = _bindings.For(container),
        };
    }

    private async Task<ManifestExecutable> ExecutableAsync(ExecutableResource executable, CancellationToken cancellationToken) => new()
    {
        WorkingDirectory = Relative(executable.WorkingDirectory),
        Command = executable.Command,
        Args = await ArgumentsAsync(executable, cancellationToken),
        Env = await EnvironmentAsync(executable, cancellationToken),
        Bindings = _bindings.For(executable),
    };

    private static ManifestParameter Parameter(ParameterResource parameter) => new()
    {
        ConnectionString = parameter.IsConnectionString ? parameter.ValueExpression : null,
        Value = $"{{{parameter.Name}.inputs.value}}",
        Inputs = new()
        {
            ["value"] = new ManifestInput { Secret = parameter.Secret ? true : null, Default = parameter.Default?.ForManifest() },
        },
    };

    private ManifestBuild Build(DockerfileBuildAnnotation build)
    {
        OrderedDictionary<string, string?> arguments = [];
        foreach (var (name, value) in build.BuildArguments)
        {
            arguments[name] = value switch
            {
                bool flag => flag ? "true" : "false",
                null => null,
                _ => Expression(value),
            };
        }

        return new ManifestBuild
        {
            Context = Relative(build.ContextPath),
            Dockerfile = Relative(build.DockerfilePath),
            Stage = build.Stage,
            Args = arguments.Count > 0 ? arguments : null,
        };
    }

    private static T[]? Mounts<T>(ContainerResource container, ContainerMountType type, Func<ContainerMountAnnotation, T> write)
    {
        T[] mounts = [.. container.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == type).Select(write)];
        return mounts.Length > 0 ? mounts : null;
    }

    private string? ConnectionString(IResource resource) => resource is IResourceWithConnectionString connection
        ? Expression(connection.ConnectionStringExpression)
        : null;

    private async Task<OrderedDictionary<string, string?>?> EnvironmentAsync(IResource resource, CancellationToken cancellationToken)
    {
        OrderedDictionary<string, string?> variables = [];
        foreach (var (name, value) in await ResourceConfiguration.EnvironmentAsync(resource, _executionContext, cancellationToken))
        {
            variables[name] = Expression(value);
        }

        return variables.Count > 0 ? variables : null;
    }

    private async Task<IReadOnlyList<string>?> ArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var arguments = await ResourceConfiguration.ArgumentsAsync(resource, _executionContext, cancellationToken);
        return arguments.Count > 0 ? [.. arguments.Select(Expression)] : null;
    }

    private string Expression(object value)
    {
        _references.Add(value);
        return value switch
        {
            string text => text,
            ReferenceExpression expression => Compose(expression),
            IManifestExpressionProvider provider => provider.ValueExpression,
            IResourceBuilder<IResource> { Resource: IManifestExpressionProvider provider } => provider.ValueExpression,
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
        };
    }

    // An encoded value is a resource of its own, because expressions have no functions.
    private string Compose(ReferenceExpression expression) => expression.ConditionalName is not null
        ? expression.ValueExpression
        : string.Format(CultureInfo.InvariantCulture, expression.Format, [.. expression.Holes.Select(hole =>
            (object)(_references.EncodedForm(hole) is { } encoded ? $"{{{encoded}.value}}" : hole.ManifestExpression))]);

    private void WriteEncodedForms(IEnumerable<EncodedForm> forms)
    {
        foreach (var form in forms)
        {
            _written[form.Name] = new ManifestAnnotatedString(form.Parameter.ValueExpression, form.Filter);
        }
    }

    private string Relative(string path) => Path.GetRelativePath(
        _directory,
        path.Replace('\\', Path.DirectorySeparatorChar)).Replace('\\', '/');
}
