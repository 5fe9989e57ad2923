namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something with a value at run time, which may have to be waited for.</summary>
public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);

    /// <summary>The value as <see cref="ValueProviderContext.Caller"/> sees it.</summary>
    ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        GetValueAsync(cancellationToken);
}

/// <summary>Something that the manifest writes as an expression such as <c>{cache.bindings.tcp.port}</c>.</summary>
public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

/// <summary>A value at run time that is an expression in the manifest.</summary>
public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;

/// <summary>A value that is made from other values or resources.</summary>
public interface IValueWithReferences
{
    IEnumerable<object> References { get; }
}

/// <summary>Who asks for a value, and under which operation.</summary>
public class ValueProviderContext
{
    public DistributedApplicationExecutionContext? ExecutionContext { get; init; }

    public IResource? Caller { get; init; }

    /// <summary>
    /// The port that this instance of <see cref="Caller"/> listens on, by endpoint; every replica has its own.
    /// Null or a null answer: the endpoint's own target port.
    /// </summary>
    internal Func<EndpointAnnotation, int?>? TargetPortOf { get; init; }
}
