using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

/// <summary>Images, pull policy, pull secrets and storage classes: whatever a cluster has otherwise is a value.</summary>
public sealed class ImagePlanTests
{
    // Everything that there is, so that nothing is forgotten here that is planned elsewhere.
    private const string Everything = """
        version: "1"
        smokeTest: { service: rag-api, key: bootstrap-key }
        loadTest: { service: rag-api, key: bootstrap-key }
        migration: { service: rag-api }
        monitoring: { mode: bundled }
        inference: { chat: { model: a/b, clients: { rag-api: Rag__Chat } }, vectors-model: { engine: tei, task: embedding, dimensions: 8, model: a/c, clients: { rag-api: Rag__Embedding, rag-ingest: Rag__Embedding } } }
        stores: { postgres: { backup: {} }, vectors: { backup: {} } }
        """;

    [Fact]
    public void Every_image_is_replaced_by_the_name_of_what_runs_it_and_is_taken_as_written()
    {
        var before = Containers(Plan(""));
        var names = before.Select(static one => Purpose(one.Owner)).Distinct().ToList();

        var after = Containers(Plan($"images: {{ override: {{ {string.Join(", ", names.Select(static name => $"{name}: 'else.example.com/{name}:7'"))} }} }}"));

        Assert.Equal(before.Select(static one => one.Owner), after.Select(static one => one.Owner));
        Assert.All(after, static one => Assert.Equal($"else.example.com/{Purpose(one.Owner)}:7", one.Container.Image));
    }

    [Fact]
    public void Images_that_are_there_only_when_they_are_asked_for_are_replaced_as_well()
    {
        var plan = Plan(
            "images: { override: { wait: 'else.example.com/wait:7', postgres-backup-s3: 'else.example.com/s3:7' } }",
            "migration: { service: rag-api }\nservices: { rag-web: { waitFor: {} } }\nstores: { postgres: { backup: { s3: { bucket: copies, secret: s3 } } } }");

        var names = Containers(plan).Select(static one => one.Container.Image).ToList();
        Assert.Contains("else.example.com/wait:7", names);
        Assert.Equal(2, names.Count(static name => name == "else.example.com/s3:7"));
    }

    [Fact]
    public void Pull_policy_secrets_and_storage_class_reach_everything()
    {
        var plan = Plan("images: { pullPolicy: Never, pullSecrets: [ registry ] }\ncluster: { storageClass: fast }");

        Assert.All(Containers(plan), static one => Assert.Equal("Never", one.Container.ImagePullPolicy));
        var claims = plan.Objects.Select(static planned => planned.Object).ToList();
        Assert.All(claims.OfType<PersistentVolumeClaim>(), static claim => Assert.Equal("fast", claim.Spec.StorageClassName));
        Assert.All(claims.OfType<StatefulSet>().SelectMany(static set => set.Spec.VolumeClaimTemplates ?? []), static claim => Assert.Equal("fast", claim.Spec.StorageClassName));
    }

    [Fact]
    public void The_operators_database_has_its_image_from_the_values_and_from_nowhere_else()
    {
        PostgresClusterSpec Cluster(string images) => Plan($"images: {images}\ncluster: {{ storageClass: fast }}", "stores: { postgres: { mode: operator } }").Find<PostgresCluster>("postgres-cluster").Spec;

        var given = Cluster("{ override: { postgres: 'ghcr.io/cloudnative-pg/postgresql:18.1' }, pullPolicy: Always, pullSecrets: [ registry ], registry: registry.example.com }");
        Assert.Equal(("ghcr.io/cloudnative-pg/postgresql:18.1", "Always", "registry", "fast"), (given.ImageName, given.ImagePullPolicy, Assert.Single(given.ImagePullSecrets!).Name, given.Storage.StorageClass));
        var own = Cluster("{}");
        Assert.Equal((null, null, null), (own.ImageName, own.ImagePullPolicy, own.ImagePullSecrets));
    }

    // A job and a backup run what they are for: the migration the service's image, the copies of PostgreSQL its own.
    private static string Purpose(string owner) => owner switch
    {
        "rag-api-migration" => "rag-api",
        "postgres-backup" or "postgres-restore" => "postgres",
        "smoke-test" or "load-test" => "rag-cli",
        _ => owner,
    };

    private static PlatformPlan Plan(string more, string everything = Everything) => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", $"{everything}\n{more}\n")]));

    private static List<(string Owner, Container Container)> Containers(PlatformPlan plan) =>
    [
        .. plan.Objects.Select(static planned => planned.Object).SelectMany(static one => Pods(one).SelectMany(template =>
            (template.Spec.InitContainers ?? []).Concat(template.Spec.Containers).Select(container => (template.Metadata.Labels!["app.kubernetes.io/name"], container)))),
    ];

    private static IEnumerable<PodTemplateSpec> Pods(KubernetesObject one) => one switch
    {
        Deployment deployment => [deployment.Spec.Template],
        StatefulSet set => [set.Spec.Template],
        DaemonSet set => [set.Spec.Template],
        Job job => [job.Spec.Template],
        CronJob job => [job.Spec.JobTemplate.Spec.Template],
        _ => [],
    };
}
