using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>PostgreSQL as a program of this machine.</summary>
internal sealed class PostgresWorkload(PostgresServerResource resource, RunContext context) : IWorkload
{
    // The data goes with the run, so what protects it from a power cut would only cost time.
    private static readonly Dictionary<string, string> Volatile = new()
    {
        ["fsync"] = "off",
        ["synchronous_commit"] = "off",
        ["full_page_writes"] = "off",
    };

    public int Replicas => 1;

    public async Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken)
    {
        var store = ServerStore.For(resource, context);
        var known = context.Record.Servers.GetValueOrDefault(resource.Name);
        var bin = PostgresBinaries.Find(context.FetchedPostgres, store.IsLasting ? known?.MajorVersion : null)
            ?? throw new InvalidOperationException(known?.MajorVersion is { } major && store.IsLasting
                ? $"The data in '{store.Directory}' needs PostgreSQL {major}, which is not installed (any more). Install it; or restore a backup into a new version: './rag reset', './rag restore'."
                : "PostgreSQL is not installed. './rag up' installs it; by hand: 'apt-get install postgresql', 'brew install postgresql', or https://www.postgresql.org/download.");
        var options = new PostgresServerOptions
        {
            Name = resource.Name,
            BinDirectory = bin,
            DataDirectory = store.Directory,
            Port = resource.PrimaryEndpoint.Port,
            UserName = await resource.UserNameReference.GetValueAsync(cancellationToken) ?? PostgresServerResource.DefaultUserName,
            Password = await resource.PasswordParameter.GetValueAsync(cancellationToken) ?? "",
            Settings = store.IsLasting ? new Dictionary<string, string>() : Volatile,
        };
        var isNew = !File.Exists(Path.Combine(options.DataDirectory, "PG_VERSION"));
        await PostgresCluster.PrepareAsync(options, cancellationToken);
        if (store.IsLasting)
        {
            await KeepPasswordAsync(options, known, isNew, cancellationToken);
        }

        return new Launch(PostgresCluster.Specification(options))
        {
            Properties = [new("executable.path", Path.Combine(bin, "postgres")), new("executable.workDir", options.DataDirectory)],
        };
    }

    // The password of a server is that of its first start. When the user's secrets were lost or changed since, the server must learn the new one.
    private async Task KeepPasswordAsync(PostgresServerOptions options, ServerRecord? known, bool isNew, CancellationToken cancellationToken)
    {
        if (!isNew && known is { PasswordFingerprint: { } fingerprint } && PasswordFingerprint.Matches(fingerprint, options.Password))
        {
            return;
        }

        if (!isNew)
        {
            context.Log(resource.Name, "The password is not the one that this data was made with; the server gets the new one.");
            await PostgresCluster.ResetPasswordAsync(options, cancellationToken);
        }

        context.Keep(resource.Name, new ServerRecord(options.DataDirectory, PostgresBinaries.MajorVersion(options.BinDirectory))
        {
            PasswordFingerprint = PasswordFingerprint.Of(options.Password),
        });
    }
}
