namespace Rag.Deploy.AppModel;

/// <summary>A manifest that cannot be deployed as it is: which file, which resource, which expression, and what to do.</summary>
public sealed class ManifestException : DeployException
{
    /// <summary>A fault of the file as a whole, or of one resource.</summary>
    /// <param name="file">Of the manifest.</param>
    /// <param name="resource">Name of the resource; null: the file.</param>
    /// <param name="message">What is wrong, as a sentence.</param>
    /// <param name="remedy">What to do; null where the message says it.</param>
    /// <param name="inner">The cause.</param>
    public ManifestException(string file, string? resource, string message, string? remedy = null, Exception? inner = null)
        : base(resource is null ? $"{file}: {message}" : $"{file}: resource '{resource}': {message}", remedy, inner)
    {
        Resource = resource;
    }

    /// <summary>Name of the resource; null: the file as a whole.</summary>
    public string? Resource { get; }
}
