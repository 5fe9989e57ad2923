using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Names of volumes: <c>apphost-0123456789-postgres-data</c>, where the digits tell apart app hosts of the same name.</summary>
public static class VolumeNameGenerator
{
    public static string Generate<T>(IResourceBuilder<T> builder, string suffix)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(suffix);
        if (Sanitize(suffix) != suffix)
        {
            throw new ArgumentException($"The suffix '{suffix}' contains invalid characters. It must match [a-zA-Z0-9][a-zA-Z0-9_.-]*.", nameof(suffix));
        }

        var application = builder.ApplicationBuilder;
        var name = Sanitize(application.Environment.ApplicationName).ToLowerInvariant();
        var hash = application.Configuration["AppHost:Sha256"]![..10].ToLowerInvariant();
        return $"{name}-{hash}-{builder.Resource.Name}-{suffix}";
    }

    private static string Sanitize(string name) => string.Concat(name.Select((c, i) =>
        char.IsAsciiLetterOrDigit(c) || (i > 0 && c is '_' or '.' or '-') ? c : '_'));
}
