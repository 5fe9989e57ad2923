using Microsoft.Extensions.Configuration;

namespace RagPlatform.ServiceDefaults.Configuration;

/// <summary>
/// Secrets as files, one per key: <c>/run/secrets/rag/Rag__Auth__BootstrapKey</c>. The directory may be moved by the environment variable
/// <c>RAG_SECRETS_DIRECTORY</c>; without it nothing is read. Files win over environment variables and are read again when they change.
/// </summary>
public static class SecretFiles
{
    internal const string DirectoryVariable = "RAG_SECRETS_DIRECTORY";

    /// <summary>Adds them, where there is such a directory.</summary>
    public static void Add(ConfigurationManager configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var directory = configuration[DirectoryVariable] ?? "/run/secrets/rag";
        if (Directory.Exists(directory))
        {
            configuration.AddKeyPerFile(Path.GetFullPath(directory), optional: true, reloadOnChange: true);
        }
    }
}
