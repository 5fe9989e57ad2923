using Microsoft.Extensions.Configuration;

namespace RagPlatform.ServiceDefaults.Configuration;

/// <summary>
/// Secrets as files, one per key: <c>/run/secrets/rag/Rag__Auth__BootstrapKey</c>. The directory may be moved by the environment variable
/// <c>RAG_SECRETS_DIRECTORY</c>; without it nothing is read. Files win over environment variables and are read again when they change.
/// </summary>
internal static class SecretFiles
{
    public const string DirectoryVariable = "RAG_SECRETS_DIRECTORY";

    public static void Add(ConfigurationManager configuration)
    {
        var directory = configuration[DirectoryVariable] ?? "/run/secrets/rag";
        if (Directory.Exists(directory))
        {
            configuration.AddKeyPerFile(Path.GetFullPath(directory), optional: true, reloadOnChange: true);
        }
    }
}
