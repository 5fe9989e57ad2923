using Microsoft.Extensions.Configuration;

namespace Rag.Cli.Connection;

/// <summary>
/// What AppHost recorded in its user secrets: where the API is, and the generated secrets. Read anew on every call, because a start
/// of the platform may be under way in another process.
/// </summary>
internal static class RecordedSettings
{
    public const string UrlKey = "Rag:Url";
    public const string WebUrlKey = "Rag:WebUrl";
    public const string DatabaseKey = "Rag:Database";

    /// <summary>Full path of the checkout whose database <see cref="DatabaseKey"/> is; all checkouts of an account share the user secrets.</summary>
    public const string CheckoutKey = "Rag:Checkout";

    public const string BootstrapKey = "Parameters:bootstrap-key";

    private const string UserSecretsId = "ragplatform-apphost";

    public static string? Read(string name)
    {
        try
        {
            return new ConfigurationBuilder().AddUserSecrets(UserSecretsId).Build()[name] is { Length: > 0 } value ? value : null;
        }
        catch (InvalidDataException)
        {
            // AppHost is writing the file at this moment, or someone edited it by hand; either way there is nothing recorded to read now.
            return null;
        }
    }
}
