using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>Whom the services are in a bundled PostgreSQL, and who knows its administrator.</summary>
public sealed class PostgresRolesTests
{
    private const string Migrated = "migration: { service: rag-api }\nservices: { defaults: { secretFiles: { ConnectionStrings__ragdb: Rag__Storage__PasswordFile } } }\nstores: { postgres: { backup: {} } }\n";
    private const string Administrator = "postgres-admin-password";

    [Theory]
    [InlineData("generated", "ragplatform-secrets", "")]
    [InlineData("existing", "mine", "secrets: { mode: existing, name: mine }")]
    [InlineData("external", "ragplatform-secrets", "secrets: { mode: external, store: { name: vault } }")]
    public void The_administrators_password_gets_to_the_server_the_migration_and_the_copies_and_to_nobody_else(string mode, string secret, string values)
    {
        var read = ValuesReader.Read([("v.yaml", Migrated + values)]);
        var plan = Environments.Plan(TestManifest.Platform, read);

        var knowing = plan.Objects.Where(planned => PodTemplates.Of(planned.Object) is { } pod && Keys(pod.Spec).Contains((secret, Administrator))).Select(static planned => $"{planned.Object.Kind} {planned.Object.Metadata.Name}").ToList();
        Assert.Equal(4, knowing.Count);
        Assert.Equal(["StatefulSet postgres", "Job rag-api-migration-", "CronJob postgres-backup", "CronJob postgres-restore"], knowing.Select(static name => name.StartsWith("Job", StringComparison.Ordinal) ? name[..^10] : name));
        Assert.DoesNotContain(plan.Objects, static planned => PodTemplates.Of(planned.Object) is { } pod && pod.Spec.Containers.SelectMany(static container => container.Env ?? []).Any(static variable => variable.ValueFrom?.SecretKeyRef?.Key == Administrator));
        Assert.Equal(mode == "external", plan.Objects.Any(static planned => planned.Object is ExternalSecret made && made.Spec.Data.Any(static data => data.SecretKey == Administrator)));
        Assert.Matches($"(?m)^{Administrator}=[A-Za-z0-9]{{32}}$", SecretsFile.Complete(TestManifest.Platform, read, existing: null).Text);
    }

    [Fact]
    public void The_services_have_a_user_of_the_platforms_name_whom_the_migration_makes_as_the_administrator()
    {
        var plan = Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", Migrated)]));

        Assert.Equal("Host=postgres;Port=5432;Username=ragplatform;Database=ragdb", plan.Find<ConfigMap>("rag-api-config").Data!["ConnectionStrings__ragdb"]);
        Assert.Equal("Host=postgres;Port=5432;Username=ragplatform;Database=ragdb", plan.Find<ConfigMap>("rag-ingest-config").Data!["ConnectionStrings__ragdb"]);
        var server = plan.Find<StatefulSet>("postgres").Spec.Template.Spec;
        Assert.Equal(("postgres", "/run/secrets/platform/postgres-admin-password"), (Value(server, "POSTGRES_USER"), Value(server, "POSTGRES_PASSWORD_FILE")));
        Assert.DoesNotContain(("ragplatform-secrets", "postgres-password"), Keys(server));
        var job = Migration(plan);
        Assert.Equal("Host=postgres;Port=5432;Username=ragplatform;Database=ragdb", Value(job, "ConnectionStrings__ragdb"));
        Assert.Equal("/run/secrets/platform/postgres-password", Value(job, "Rag__Storage__PasswordFile"));
        Assert.Equal(("postgres", "/run/secrets/platform/postgres-admin-password"), (Value(job, "Rag__Migration__AdminUsername"), Value(job, "Rag__Migration__AdminPasswordFile")));
        Assert.Equal([("ragplatform-secrets", Administrator), ("ragplatform-secrets", "postgres-password")], Keys(job));
        Assert.Equal("postgres", Value(plan.Find<CronJob>("postgres-backup").Spec.JobTemplate.Spec.Template.Spec, "PGUSER"));
    }

    [Fact]
    public void What_scales_by_the_queue_asks_as_the_services_do()
    {
        var plan = Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", "migration: { service: rag-api }\nservices: { rag-ingest: { queue: { store: postgres, database: ragdb, query: q }, queueScaling: { max: 3 } } }\n")]));

        Assert.Equal("ragplatform", plan.Find<ScaledObject>("rag-ingest").Spec.Triggers[0].Metadata["userName"]);
        Assert.Equal("postgres-password", plan.Find<TriggerAuthentication>("rag-ingest").Spec.SecretTargetRef[0].Key);
    }

    [Theory]
    // A name of the values' own, and the way out for a program that makes no user.
    [InlineData("migration: { service: rag-api }\nstores: { postgres: { username: reader } }", "reader", true)]
    [InlineData("migration: { service: rag-api }\nname: handbook", "handbook", true)]
    [InlineData("migration: { service: rag-api }\nstores: { postgres: { username: postgres } }", "postgres", false)]
    // Without a job nobody makes it.
    [InlineData("name: handbook", "postgres", false)]
    public void Whom_the_services_are_follows_from_the_values(string values, string user, bool isApart)
    {
        var plan = Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", values)]));

        Assert.Contains($";Username={user};", plan.Find<Deployment>("rag-api").Spec.Template.Spec.Containers[0].Env!.Single(static variable => variable.Name == "ConnectionStrings__ragdb").Value, StringComparison.Ordinal);
        var server = plan.Find<StatefulSet>("postgres").Spec.Template.Spec;
        Assert.Equal(isApart ? Administrator : "postgres-password", Assert.Single(Keys(server)).Key);
    }

    [Fact]
    public void Variables_of_a_program_that_calls_them_otherwise_are_set_without_naming_an_administrator()
    {
        var job = Migration(Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", "migration: { service: rag-api, administrator: { usernameVariable: DB_ADMIN, passwordFileVariable: DB_ADMIN_FILE } }")])));

        Assert.Equal(("postgres", "/run/secrets/platform/postgres-admin-password"), (Value(job, "DB_ADMIN"), Value(job, "DB_ADMIN_FILE")));
    }

    [Fact]
    public void A_user_that_the_app_model_names_is_kept_and_is_not_the_administrator()
    {
        var plan = Environments.Plan(Model("shop", "one"), ValuesReader.Read([("v.yaml", "migration: { service: api }")]));

        var server = plan.Find<StatefulSet>("db").Spec.Template.Spec;
        Assert.Equal(("postgres", "db-admin-password"), (Value(server, "POSTGRES_USER"), Assert.Single(Keys(server)).Key));
        Assert.Contains(";Username=shop;", Value(plan.Find<Deployment>("api").Spec.Template.Spec, "one"), StringComparison.Ordinal);
    }

    [Fact]
    public void With_several_databases_all_stays_as_the_app_model_says_because_the_job_migrates_one()
    {
        var plan = Environments.Plan(Model("shop", "one", "two"), ValuesReader.Read([("v.yaml", "migration: { service: api }")]));

        var server = plan.Find<StatefulSet>("db").Spec.Template.Spec;
        Assert.Equal(("shop", "pw"), (Value(server, "POSTGRES_USER"), Assert.Single(Keys(server)).Key));
        Assert.DoesNotContain(Migration(plan).Containers[0].Env!, static variable => variable.Name.StartsWith("Rag__Migration__", StringComparison.Ordinal));
    }

    private static PodSpec Migration(PlatformPlan plan) => plan.Objects.Select(static planned => planned.Object).OfType<Job>().Single().Spec.Template.Spec;

    private static string? Value(PodSpec pod, string name) => pod.Containers[0].Env!.Single(variable => variable.Name == name).Value;

    private static IEnumerable<(string Secret, string Key)> Keys(PodSpec pod) =>
        (pod.Volumes ?? []).SelectMany(static volume => volume.Projected?.Sources ?? []).Where(static source => source.Secret is not null).SelectMany(static source => source.Secret!.Items!.Select(item => (source.Secret.Name, item.Key)));

    private static AppManifest Model(string user, params string[] databases) => TestManifest.Of($$"""
        "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "generate": { "minLength": 22 } } } } },
        "db": {
          "type": "container.v0", "image": "postgres:18", "connectionString": "Host={db.bindings.tcp.host};Username={{user}};Password={pw.value}",
          "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } }
        },
        {{string.Join("", databases.Select(static name => $$""" "{{name}}": { "type": "value.v0", "connectionString": "{db.connectionString};Database={{name}}" },"""))}}
        "api": { "type": "project.v0", "path": "api.csproj", "env": { {{string.Join(", ", databases.Select(static name => $$"""
        "{{name}}": "{{{name}}.connectionString}"
        """))}} } }
        """);
}
