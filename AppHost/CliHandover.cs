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
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
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
        api.OnResourceReady((_, _, cancellationToken) => RecordAsync(path, [("Rag:Url", api.GetEndpoint("http").Url)], cancellationToken));
        // For backup and restore. The password in it stands in the same file already.
        db.OnResourceReady(async (_, _, cancellationToken) =>
        {
            if (await db.Resource.ConnectionStringExpression.GetValueAsync(cancellationToken) is { } connectionString)
            {
                // In one write: a database beside another checkout's name would be taken for that one's.
                await RecordAsync(path, [("Rag:Database", connectionString), ("Rag:Checkout", checkout)], cancellationToken);
            }
        });
        web.OnResourceReady((_, _, cancellationToken) => RecordAsync(path, [("Rag:WebUrl", web.GetEndpoint("http").Url)], cancellationToken));
    }

    private static async Task RecordAsync(string path, (string Key, string Value)[] entries, CancellationToken cancellationToken)
    {
        await OneWriter.WaitAsync(cancellationToken);
        try
        {
            var secrets = File.Exists(path) ? JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken)) as JsonObject ?? [] : [];
            if (entries.All(entry => secrets[entry.Key]?.ToString() == entry.Value))
            {
                return;
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
