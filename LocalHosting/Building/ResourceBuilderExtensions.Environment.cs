using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Composing resources.</summary>
public static partial class ResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(name);
        return builder.WithAnnotation(new EnvironmentCallbackAnnotation(name, () => value ?? string.Empty));
    }

    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string name, in ReferenceExpression.ExpressionInterpolatedStringHandler value)
        where T : IResourceWithEnvironment => builder.WithEnvironment(name, value.ToExpression());

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithEnvironment => builder.WithEnvironmentValue(name, value);

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, EndpointReference endpointReference)
        where T : IResourceWithEnvironment => builder.WithEnvironmentValue(name, endpointReference);

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return builder.WithEnvironmentValue(name, parameter.Resource);
    }

    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string envVarName, IResourceBuilder<IResourceWithConnectionString> resource)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(resource);
        return builder.WithEnvironmentValue(envVarName, new ConnectionStringReference(resource.Resource, optional: false));
    }

    /// <summary>Any other value of the model, such as one property of an endpoint.</summary>
    public static IResourceBuilder<T> WithEnvironment<T, TValue>(this IResourceBuilder<T> builder, string name, TValue value)
        where T : IResourceWithEnvironment
        where TValue : IValueProvider, IManifestExpressionProvider => builder.WithEnvironmentValue(name, value);

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, Func<string> callback)
        where T : IResourceWithEnvironment => builder.WithAnnotation(new EnvironmentCallbackAnnotation(name, callback));

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, Action<EnvironmentCallbackContext> callback)
        where T : IResourceWithEnvironment => builder.WithAnnotation(new EnvironmentCallbackAnnotation(callback));

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, Func<EnvironmentCallbackContext, Task> callback)
        where T : IResourceWithEnvironment => builder.WithAnnotation(new EnvironmentCallbackAnnotation(callback));

    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params string[] args)
        where T : IResourceWithArgs
    {
        ArgumentNullException.ThrowIfNull(args);
        return builder.WithArgs((object[])args);
    }

    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params object[] args)
        where T : IResourceWithArgs
    {
        ArgumentNullException.ThrowIfNull(args);
        foreach (var argument in args)
        {
            builder.WithRelationshipsTo(argument);
        }

        return builder.WithArgs(context =>
        {
            foreach (var argument in args)
            {
                context.Args.Add(argument);
            }
        });
    }

    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, Action<CommandLineArgsCallbackContext> callback)
        where T : IResourceWithArgs
    {
        ArgumentNullException.ThrowIfNull(callback);
        return builder.WithArgs(context =>
        {
            callback(context);
            return Task.CompletedTask;
        });
    }

    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, Func<CommandLineArgsCallbackContext, Task> callback)
        where T : IResourceWithArgs => builder.WithAnnotation(new CommandLineArgsCallbackAnnotation(callback));

    private static IResourceBuilder<T> WithEnvironmentValue<T>(this IResourceBuilder<T> builder, string name, object value)
        where T : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        return builder.WithRelationshipsTo(value).WithEnvironment(context => context.EnvironmentVariables[name] = value);
    }
}
