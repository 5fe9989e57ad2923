namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The environment and arguments of a resource: gathered from its callbacks as values of the model, then resolved to text for one instance.
/// Callbacks run anew each time, so a restarted resource sees what changed.
/// </summary>
internal static class ResourceConfiguration
{
    /// <summary>Variables as the callbacks left them, in order; a variable that is set twice keeps its first place.</summary>
    public static async Task<IReadOnlyDictionary<string, object>> EnvironmentAsync(
        IResource resource, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(executionContext, resource, environmentVariables: null, cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(context);
        }

        return context.EnvironmentVariables;
    }

    public static async Task<IReadOnlyList<object>> ArgumentsAsync(
        IResource resource, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], resource, cancellationToken) { ExecutionContext = executionContext };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(context);
        }

        return [.. context.Args];
    }

    /// <summary>Variables as text for one instance. One whose value is null (an optional connection string) is left out.</summary>
    public static async Task<IReadOnlyList<ResolvedVariable>> ResolveEnvironmentAsync(
        IResource resource, ValueProviderContext context, CancellationToken cancellationToken)
    {
        List<ResolvedVariable> resolved = [];
        foreach (var (name, value) in await EnvironmentAsync(resource, ExecutionContextOf(context), cancellationToken))
        {
            if (await ResolveAsync(value, context, cancellationToken) is { } text)
            {
                resolved.Add(new ResolvedVariable(name, text, IsSensitive(value)));
            }
        }

        return resolved;
    }

    public static async Task<IReadOnlyList<string>> ResolveArgumentsAsync(
        IResource resource, ValueProviderContext context, CancellationToken cancellationToken)
    {
        List<string> resolved = [];
        foreach (var value in await ArgumentsAsync(resource, ExecutionContextOf(context), cancellationToken))
        {
            if (await ResolveAsync(value, context, cancellationToken) is { } text)
            {
                resolved.Add(text);
            }
        }

        return resolved;
    }

    /// <summary>Whether a secret parameter takes part in the value, so that it must be masked where it is shown.</summary>
    public static bool IsSensitive(object? value) => IsSensitive(value, []);

    private static async ValueTask<string?> ResolveAsync(object value, ValueProviderContext context, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(context, cancellationToken),
        IResourceBuilder<IResource> { Resource: IValueProvider provider } => await provider.GetValueAsync(context, cancellationToken),
        _ => value.ToString(),
    };

    private static bool IsSensitive(object? value, HashSet<object> seen) => value is not null && seen.Add(value) && value switch
    {
        ParameterResource parameter => parameter.Secret,
        // Where something listens is no secret, even if its resource has a password.
        EndpointReference or EndpointReferenceExpression => false,
        IResourceBuilder<IResource> builder => IsSensitive(builder.Resource, seen),
        IValueWithReferences composed => composed.References.Any(reference => IsSensitive(reference, seen)),
        _ => false,
    };

    private static DistributedApplicationExecutionContext ExecutionContextOf(ValueProviderContext context) =>
        context.ExecutionContext ?? throw new ArgumentException("The context must say whether the application is run or published.", nameof(context));
}

/// <summary>A variable of a process. A sensitive value is never to be shown.</summary>
internal sealed record ResolvedVariable(string Name, string Value, bool IsSensitive);
