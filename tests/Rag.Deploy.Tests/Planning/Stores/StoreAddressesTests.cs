using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>How services reach a store that is elsewhere.</summary>
public sealed class StoreAddressesTests
{
    private const string Secrets =
        "services: { defaults: { secretFiles: { ConnectionStrings__ragdb: Rag__Storage__PasswordFile, ConnectionStrings__cache: Rag__Cache__PasswordFile } } }\n";

    [Theory]
    [InlineData("", "Host=db.example.com;Port=6432;Username=rag;Database=ragdb", "cache.example.com:6380")]
    // Npgsql's and StackExchange.Redis' words for a certificate that is verified, name included.
    [InlineData(", tls: true", "Host=db.example.com;Port=6432;Username=rag;SSL Mode=VerifyFull;Database=ragdb", "cache.example.com:6380,ssl=true")]
    public void What_is_reached_by_TLS_says_so_in_its_connection_string(string tls, string database, string cache)
    {
        var plan = Plan(
            $$"""
            migration: { service: rag-api }
            stores:
              postgres: { mode: external, host: db.example.com, port: 6432, username: rag{{tls}} }
              cache: { mode: external, host: cache.example.com, port: 6380{{tls}} }
            """);

        foreach (var name in new[] { "rag-api-config", "rag-ingest-config" })
        {
            var data = plan.Find<ConfigMap>(name).Data!;
            Assert.Equal((database, "/run/secrets/platform/postgres-password"), (data["ConnectionStrings__ragdb"], data["Rag__Storage__PasswordFile"]));
            Assert.Equal((cache, "/run/secrets/platform/cache-password"), (data["ConnectionStrings__cache"], data["Rag__Cache__PasswordFile"]));
        }

        var migration = plan.Objects.Select(static planned => planned.Object).OfType<Job>().Single().Spec.Template.Spec.Containers[0];
        Assert.Equal(database, migration.Env!.Single(static variable => variable.Name == "ConnectionStrings__ragdb").Value);
    }

    [Theory]
    [InlineData("mode: bundled", "", "disable", null)]
    [InlineData("mode: external, host: db.example.com", "", "require", null)]
    [InlineData("mode: external, host: db.example.com, tls: true", "", "verify-full", "require")]
    // The copies have the authorities of the values and no others, KEDA has all others.
    [InlineData("mode: external, host: db.example.com, tls: true", "trust: { secret: authorities }", "require", "verify-full")]
    public void KEDA_and_the_copies_verify_what_they_can(string store, string trust, string keda, string? copies)
    {
        var plan = Plan(
            $$"""
            {{trust}}
            stores: { postgres: { {{store}}, backup: {} } }
            """,
            "services: { rag-ingest: { queue: { store: postgres, database: ragdb, query: select 1 }, queueScaling: { max: 3 } } }");

        Assert.Equal(keda, plan.Find<ScaledObject>("rag-ingest").Spec.Triggers[0].Metadata["sslmode"]);
        foreach (var job in new[] { "postgres-backup", "postgres-restore" })
        {
            var pod = plan.Find<CronJob>(job).Spec.JobTemplate.Spec.Template.Spec;
            Assert.Equal(copies, pod.Containers[0].Env!.SingleOrDefault(static variable => variable.Name == "PGSSLMODE")?.Value);
            Assert.Equal(copies == "verify-full", pod.Volumes!.Any(static volume => volume.Secret?.SecretName == "authorities"));
        }
    }

    [Theory]
    [InlineData("replicas: 1", "1")]
    [InlineData("replicas: 3", "2")]
    [InlineData("replicas: 5, replicationFactor: 3", "3")]
    [InlineData("mode: external, host: qdrant.example.com", null)]
    public void Whoever_makes_a_collection_is_told_on_how_many_nodes_each_piece_is_to_be(string store, string? factor)
    {
        var plan = Plan($"stores: {{ vectors: {{ {store}, replicationVariable: FACTOR }} }}");

        Assert.Equal(factor, plan.Find<ConfigMap>("rag-ingest-config").Data!.GetValueOrDefault("FACTOR"));
    }

    private static PlatformPlan Plan(params string[] values) => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("common.yaml", Secrets), .. values.Select(static (text, i) => ($"{i}.yaml", text))]));
}
