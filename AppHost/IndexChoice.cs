using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Infrastructure;
using Microsoft.Extensions.Configuration;

namespace AppHost;

/// <summary>
/// Which search index the services have: <c>Rag:Index:Provider</c> (theirs, as everything of the shell reaches them), else what an earlier start
/// recorded, else what this machine has, recorded. Nothing is lost by either, but a change of it is a person's decision.
/// </summary>
/// <param name="Provider"><see cref="Embedded"/> or <see cref="Qdrant"/>.</param>
/// <param name="Reason">In a few words.</param>
/// <param name="RunsServer">Whether a Qdrant belongs to the model: not where a person named one that runs elsewhere.</param>
internal sealed record IndexChoice(string Provider, string Reason, bool RunsServer)
{
    public const string Embedded = "embedded";
    public const string Qdrant = "qdrant";

    private const string ProviderKey = "Rag:Index:Provider";
    private const string UrlKey = "Rag:Index:Qdrant:Url";

    /// <summary>A cluster always has Qdrant: replicas share it.</summary>
    public static IndexChoice From(IDistributedApplicationBuilder builder, RunSettings run)
    {
        if (run.IsPublish)
        {
            return new IndexChoice(Qdrant, "published", RunsServer: true);
        }

        // A model is made without waiting for anything; only the container runtime is asked, and only where the answer decides.
        var machine = new Lazy<IndexMachine>(() => IndexMachine.LookAsync(builder.Configuration, run.StatePath, CancellationToken.None).GetAwaiter().GetResult());
        var hasUrl = builder.Configuration[UrlKey] is { Length: > 0 };
        try
        {
            var configured = Parse(builder.Configuration[ProviderKey]);
            var earlier = Earlier(run);
            // A record that cannot be read is written anew by who says what it is to be.
            var recorded = earlier ?? (configured is null && run.StatePath is not null ? IndexRecord.Read(run.StatePath) : null);
            var choice = Decide(configured, recorded, machine, hasUrl);
            if (run.StatePath is { } path && !IndexRecord.IsIn(path))
            {
                // Before anything runs, so that what this start leaves behind, should it fail, is not taken for an installation from before.
                builder.Eventing.Subscribe<BeforeStartEvent>((_, _) => Write(earlier ?? choice.Record(isReady: false), path));
            }

            Console.WriteLine($"The search index is {(choice.Provider == Qdrant ? "Qdrant" : "the embedded one")}: {choice.Reason}.");
            return choice;
        }
        catch (DistributedApplicationException problem)
        {
            // Thrown where the application starts, it is told in a line instead of a stack.
            builder.Eventing.Subscribe<BeforeStartEvent>((_, _) => throw problem);
            return new IndexChoice(Embedded, problem.Message, RunsServer: false);
        }
    }

    /// <exception cref="DistributedApplicationException">Qdrant is to be run and nothing here can run it.</exception>
    internal static IndexChoice Decide(string? configured, IndexRecord? recorded, Lazy<IndexMachine> machine, bool hasUrl)
    {
        var (provider, reason) = (configured, recorded) switch
        {
            ({ } said, _) => (said, $"{ProviderKey} says so"),
            (_, { Ready: true } kept) => (kept.Provider, "this installation has had it so far"),
            _ when machine.Value.HasContainers => (Qdrant, "the servers run in containers"),
            _ when machine.Value.HasProgram => (Qdrant, "a program 'qdrant' is there"),
            _ => (Embedded, "there is neither a container runtime nor a program 'qdrant'"),
        };
        var runsServer = provider == Qdrant && !hasUrl;
        if (runsServer && machine.Value is { HasContainers: false, HasProgram: false })
        {
            throw new DistributedApplicationException(
                $"The search index is to be Qdrant ({reason}), but the servers run natively and there is no program 'qdrant'. Put it on PATH "
                + $"(https://github.com/qdrant/qdrant/releases), or name a running one in {UrlKey}, or move to the embedded index: start with "
                + $"Rag__Index__Provider={Embedded}, then './rag reindex'. Nothing is lost by that: the index is made of what the database holds.");
        }

        return new IndexChoice(provider, reason, runsServer);
    }

    /// <summary>From now on later starts keep to it.</summary>
    public void RecordWhenReady(IResourceBuilder<ProjectResource> api, RunSettings run)
    {
        if (run.StatePath is not { } path)
        {
            return;
        }

        api.OnResourceReady((_, _, _) => Write(Record(isReady: true), path));
    }

    private IndexRecord Record(bool isReady) => new(Provider, isReady) { Elsewhere = Provider == Qdrant && !RunsServer };

    private static Task Write(IndexRecord record, string path)
    {
        record.Write(path);
        return Task.CompletedTask;
    }

    private static string? Parse(string? configured) => configured?.ToLowerInvariant() switch
    {
        null or "" => null,
        Embedded => Embedded,
        Qdrant => Qdrant,
        _ => throw new DistributedApplicationException($"{ProviderKey} is '{configured}'; it can be '{Embedded}' or '{Qdrant}'."),
    };

    // An installation from before there was a choice had the embedded index: there are servers that came up once, or originals.
    private static IndexRecord? Earlier(RunSettings run)
    {
        if (run.StatePath is null || IndexRecord.IsIn(run.StatePath))
        {
            return null;
        }

        var hasData = InfrastructureForecast.Recorded(run.StatePath) is not null
            || (Directory.Exists(run.BlobsPath) && Directory.EnumerateFileSystemEntries(run.BlobsPath).Any());
        return hasData ? new IndexRecord(Embedded, Ready: true) : null;
    }
}

/// <summary>What could run a Qdrant on this machine.</summary>
/// <param name="HasContainers">The servers run in containers.</param>
/// <param name="HasProgram">There is a native one.</param>
internal sealed record IndexMachine(bool HasContainers, bool HasProgram)
{
    public static async Task<IndexMachine> LookAsync(IConfiguration configuration, string? statePath, CancellationToken cancellationToken)
    {
        // Aspire's orchestrator runs servers in containers or not at all.
        if (typeof(DistributedApplication).Assembly.GetName().Name == "Aspire.Hosting")
        {
            return new IndexMachine(HasContainers: true, HasProgram: false);
        }

        var (kind, _) = await InfrastructureForecast.FindAsync(
            configuration["Infrastructure"], configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"], statePath, cancellationToken);
        return new IndexMachine(kind == InfrastructureForecast.Containers, QdrantProgram.Find() is not null);
    }
}
