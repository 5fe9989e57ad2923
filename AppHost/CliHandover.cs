using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace AppHost;

/// <summary>
/// Tells the command line where the application is: <c>Rag:Url</c>, <c>Rag:WebUrl</c> and <c>Rag:Database</c> in the user secrets of the app host, beside the
/// key in <c>Parameters:bootstrap-key</c>. The secrets are the account's: <c>Rag:Checkout</c> says which of its checkouts the database belongs to.
/// </summary>
internal static class CliHandover
{
    private const string CheckoutKey = "Rag:Checkout";

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A person may have left a comment or a comma in the file; configuration reads such a file, so this must as well.
    private static readonly JsonDocumentOptions AsConfigurationReads = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly SemaphoreSlim OneWriter = new(1, 1);

    public static void Add(
        IResourceBuilder<ProjectResource> api, IResourceBuilder<ProjectResource> web, IResourceBuilder<PostgresDatabaseResource> db, RunSettings run)
    {
        var id = typeof(CliHandover).Assembly.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId;
        if (run.IsEphemeral || id is null)
        {
            return;
        }

        var path = PathHelper.GetSecretsPathFromSecretsId(id);
        var checkout = Path.GetFullPath("..", db.ApplicationBuilder.AppHostDirectory);
        api.OnResourceReady((_, _, cancellationToken) => TryRecordAsync(path, checkout, [("Rag:Url", api.GetEndpoint("http").Url)], cancellationToken));
        // For backup and restore. The password in it stands in the same file already.
        db.OnResourceReady(async (_, _, cancellationToken) =>
        {
            if (await db.Resource.ConnectionStringExpression.GetValueAsync(cancellationToken) is { } connectionString)
            {
                await TryRecordAsync(path, checkout, [("Rag:Database", connectionString)], cancellationToken);
            }
        });
        web.OnResourceReady((_, _, cancellationToken) => TryRecordAsync(path, checkout, [("Rag:WebUrl", web.GetEndpoint("http").Url)], cancellationToken));
    }

    // The command line can do without: whoever waits for the resource must not wait for a file that somebody edited by hand.
    private static async Task TryRecordAsync(string path, string checkout, (string Key, string Value)[] entries, CancellationToken cancellationToken)
    {
        try
        {
            await RecordAsync(path, checkout, entries, cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(
                $"The addresses for the command line could not be written to '{path}': {exception.Message} './rag' needs --url and RAG_API_KEY until the file is mended.");
        }
    }

    /// <summary>
    /// Everything is recorded beside the checkout's name in one write, and what another checkout recorded goes with its name: an address or a
    /// database beside the wrong name would be taken for that one's.
    /// </summary>
    internal static async Task RecordAsync(string path, string checkout, (string Key, string Value)[] values, CancellationToken cancellationToken)
    {
        (string Key, string Value)[] entries = [(CheckoutKey, checkout), .. values];
        await OneWriter.WaitAsync(cancellationToken);
        try
        {
            var secrets = File.Exists(path) ? JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken), documentOptions: AsConfigurationReads) as JsonObject ?? [] : [];
            if (entries.All(entry => secrets[entry.Key]?.ToString() == entry.Value))
            {
                return;
            }

            if (secrets[CheckoutKey]?.ToString() != checkout)
            {
                foreach (var key in (string[])["Rag:Url", "Rag:WebUrl", "Rag:Database"])
                {
                    secrets.Remove(key);
                }
            }

            foreach (var (key, value) in entries)
            {
                secrets[key] = value;
            }

            var directory = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = Path.Combine(directory.FullName, Path.GetRandomFileName());
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using (var stream = new StreamWriter(temporary, options))
            {
                await stream.WriteAsync(secrets.ToJsonString(Layout).AsMemory(), cancellationToken);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            OneWriter.Release();
        }
    }
}
