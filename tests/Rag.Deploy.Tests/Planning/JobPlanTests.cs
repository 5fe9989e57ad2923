using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

public sealed class JobPlanTests
{
    [Theory]
    [InlineData("dev")]
    // With monitoring, whose variables are no part of it.
    [InlineData("prod")]
    public void The_migration_runs_the_services_image_with_its_way_to_the_database_and_nothing_else_of_it(string environment)
    {
        var plan = Environments.Plan(environment);

        var job = Migration(plan);
        var container = Assert.Single(job.Spec.Template.Spec.Containers);
        Assert.Equal(plan.Find<Deployment>("rag-api").Spec.Template.Spec.Containers[0].Image, container.Image);
        Assert.Equal(["--migrate"], container.Args);
        Assert.Equal(["ConnectionStrings__ragdb", "Rag__Migration__AdminPasswordFile", "Rag__Migration__AdminUsername", "Rag__Storage__PasswordFile"], container.Env!.Select(static variable => variable.Name));
        Assert.Equal("Host=postgres;Port=5432;Username=ragplatform;Database=ragdb", container.Env![0].Value);
        Assert.Equal((6, 3600, 86400, "Never"), (job.Spec.BackoffLimit, job.Spec.ActiveDeadlineSeconds, job.Spec.TtlSecondsAfterFinished, job.Spec.Template.Spec.RestartPolicy));
        Assert.True(container.SecurityContext!.ReadOnlyRootFilesystem);
    }

    [Fact]
    public void Whoever_has_the_database_waits_for_the_migration_and_nobody_else_is_told()
    {
        var plan = Environments.Plan("dev");

        Assert.Equal("check", plan.Find<ConfigMap>("rag-api-config").Data!["Rag__Storage__Migrate"]);
        Assert.Equal("check", plan.Find<ConfigMap>("rag-ingest-config").Data!["Rag__Storage__Migrate"]);
        Assert.False(plan.Find<ConfigMap>("rag-web-config").Data!.ContainsKey("Rag__Storage__Migrate"));
        var without = Environments.Plan(TestManifest.Platform, new DeployValues());
        Assert.False(without.Find<ConfigMap>("rag-api-config").Data!.ContainsKey("Rag__Storage__Migrate"));
        Assert.DoesNotContain(without.Objects, static planned => planned.Object is Job);
    }

    [Fact]
    public void A_job_has_another_name_when_its_image_or_configuration_is_another_and_the_same_when_not()
    {
        const string Values = "migration: { service: rag-api }\n";
        string Name(string more) => Migration(Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", Values + more)]))).Metadata.Name!;

        Assert.Matches("^rag-api-migration-[0-9a-f]{10}$", Name(""));
        Assert.Equal(Name(""), Name("services: { rag-web: { replicas: 9 } }"));
        Assert.Equal(Name(""), Name("monitoring: { mode: bundled }"));
        Assert.NotEqual(Name(""), Name("images: { digests: { rag-api: 'sha256:0000000000000000000000000000000000000000000000000000000000000000' } }"));
        Assert.NotEqual(Name(""), Name("stores: { postgres: { mode: external, host: db.example.com } }"));
        Assert.NotEqual(Name(""), Name("services: { rag-api: { env: { ConnectionStrings__ragdb: '{ragdb.connectionString};Timeout=9' } } }"));
    }

    [Fact]
    public void The_administrators_password_comes_as_a_file_of_a_secret_of_its_own()
    {
        var pod = Migration(Environments.Plan("models")).Spec.Template.Spec;

        var container = pod.Containers[0];
        Assert.Equal("postgres", container.Env!.Single(static variable => variable.Name == "Rag__Migration__AdminUsername").Value);
        var file = container.Env!.Single(static variable => variable.Name == "Rag__Migration__AdminPasswordFile").Value!;
        var volume = Assert.Single(pod.Volumes!, static volume => volume.Secret is not null).Secret!;
        Assert.Equal(("database-administrator", "password"), (volume.SecretName, volume.Items![0].Key));
        Assert.Contains(container.VolumeMounts!, mount => mount.ReadOnly == true && $"{mount.MountPath}/{volume.Items![0].Path}" == file);
        Assert.DoesNotContain(Environments.Plan("models").Find<Deployment>("rag-api").Spec.Template.Spec.Volumes!, static other => other.Secret?.SecretName == "database-administrator");
    }

    [Fact]
    public void The_tests_of_the_API_name_it_and_read_the_key_from_a_file()
    {
        var plan = Environments.Plan("models");

        var smoke = Job(plan, "smoke-test").Spec.Template.Spec.Containers[0];
        Assert.Equal(["smoke", "http://rag-api:8080", "--key-file", "/run/secrets/platform/bootstrap-key", "--wait", "10m"], smoke.Args);
        Assert.Equal("rag-cli:0.1.0", smoke.Image);
        var load = plan.Find<CronJob>("load-test").Spec.JobTemplate.Spec;
        Assert.Equal(0, load.BackoffLimit);
        var arguments = string.Join(' ', load.Template.Spec.Containers[0].Args!);
        Assert.EndsWith("--rate 50 --clients 50 --ask 20 --warm-up 10s --duration 1m --p95 500ms --errors 0.1% --json", arguments, StringComparison.Ordinal);
    }

    [Fact]
    public void The_load_test_never_runs_by_itself_and_its_runs_are_tidied_up()
    {
        var plan = Environments.Plan("models");

        var test = plan.Find<CronJob>("load-test").Spec;
        Assert.True(test.Suspend);
        Assert.Equal(("Forbid", 86400), (test.ConcurrencyPolicy, test.JobTemplate.Spec.TtlSecondsAfterFinished));
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is Job job && job.Metadata.Labels!["app.kubernetes.io/name"] == "load-test");
        // The network policy of the API knows its pods by this.
        Assert.Equal("load-test", test.JobTemplate.Spec.Template.Metadata.Labels!["app.kubernetes.io/name"]);
    }

    [Fact]
    public void Errors_are_looked_at_in_a_load_test_of_which_nothing_was_said()
    {
        var plan = Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", "loadTest: { service: rag-api, key: bootstrap-key }")]));

        Assert.Contains("--errors 1%", string.Join(' ', plan.Find<CronJob>("load-test").Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args!), StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_of_the_command_line_is_named_like_those_of_the_services()
    {
        string Image(string images) => Job(
            Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", $"version: '2'\nsmokeTest: {{ service: rag-api, key: bootstrap-key }}\nimages: {images}\n")])), "smoke-test").Spec.Template.Spec.Containers[0].Image;

        Assert.Equal("registry.example.com/rag/rag-cli:2", Image("{ registry: registry.example.com/rag, mirror: mirror.example.com }"));
        Assert.Equal("else.example.com/cli:7", Image("{ override: { rag-cli: else.example.com/cli:7 } }"));
    }

    [Theory]
    [InlineData("migration: { service: rag-wbe }", "migration.service: there is no workload 'rag-wbe' in the app model; there are: rag-api, rag-ingest, rag-web.")]
    [InlineData("migration: { service: rag-web }", "migration.service: 'rag-web' has no variable that leads to a PostgreSQL of the app model")]
    [InlineData("smokeTest: { service: rag-api, key: nothing }", "smokeTest.key: 'nothing' is no secret parameter of the app model; there are:")]
    [InlineData("loadTest: { service: postgres, key: bootstrap-key }", "loadTest.service: there is no workload 'postgres'")]
    public void What_the_app_model_has_not_is_said_with_what_there_is(string values, string expected)
    {
        var fault = Assert.Throws<ValuesException>(() => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", values)])));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    private static Job Migration(PlatformPlan plan) => Job(plan, "rag-api-migration");

    private static Job Job(PlatformPlan plan, string name) => Assert.Single(plan.Objects.Select(static planned => planned.Object).OfType<Job>(), job => job.Metadata.Labels!["app.kubernetes.io/name"] == name);
}
