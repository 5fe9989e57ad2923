using System.Text;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>What an app model says of the container of a store: it is kept, or its absence is told.</summary>
public sealed class StoreModelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-store-model-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void PostgreSQL_has_the_settings_and_variables_of_the_app_model()
    {
        var plan = Environments.Plan(Postgres(""" "args": [ "-c", "wal_level=logical", "-c", "max_connections=300", "--max_prepared_transactions=64" ], "env": { "TZ": "Europe/Vienna", "PGDATA": "/data", "POSTGRES_PASSWORD": "{pw.value}", "POSTGRES_HOST_AUTH_METHOD": "trust", "POSTGRES_INITDB_ARGS": "--data-checksums", "OTHER": "{other.value}" } """), new DeployValues());

        var server = plan.Find<StatefulSet>("db").Spec.Template.Spec.Containers[0];
        Assert.Equal(["-c", "max_connections=300", "-c", "wal_level=logical", "--max_prepared_transactions=64"], server.Args);
        Assert.Equal("Europe/Vienna", Value(server, "TZ"));
        Assert.Equal(("/var/lib/postgresql/18/docker", "scram-sha-256"), (Value(server, "PGDATA"), Value(server, "POSTGRES_HOST_AUTH_METHOD")));
        Assert.Equal("--data-checksums --auth-host=scram-sha-256 --auth-local=scram-sha-256", Value(server, "POSTGRES_INITDB_ARGS"));
        Assert.Equal("other", server.Env!.Single(static variable => variable.Name == "OTHER").ValueFrom!.SecretKeyRef!.Key);
        Assert.DoesNotContain(server.Env!, static variable => variable.Name == "POSTGRES_PASSWORD");
        Assert.Empty(plan.Notices);
    }

    [Fact]
    public void The_values_number_of_connections_wins_and_the_rule_counts_with_the_one_that_is_in_force()
    {
        var model = Postgres(""" "args": [ "-c", "max_connections=50" ] """);

        Assert.Equal(["-c", "max_connections=90"], Environments.Plan(model, ValuesReader.Read([("v.yaml", "stores: { db: { maxConnections: 90 } }")])).Find<StatefulSet>("db").Spec.Template.Spec.Containers[0].Args);
        var fault = Assert.Throws<ValuesException>(() => Environments.Plan(model, ValuesReader.Read([("v.yaml", "services: { api: { pool: { size: 30 } } }")])));
        Assert.Contains("stores.db.maxConnections: '50' is not allowed;", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_run_when_the_database_is_made_lie_beside_what_makes_the_other_databases()
    {
        Write("init/10-types.sql", "create type t as enum ('a');");
        Write("extra.sql", "select 1;");
        Write("conf/my.conf", "shared_buffers = 1GB");
        var plan = Environments.Plan(
            Postgres(""" "bindMounts": [ { "source": "init", "target": "/docker-entrypoint-initdb.d", "readOnly": true }, { "source": "extra.sql", "target": "/docker-entrypoint-initdb.d/20-extra.sql", "readOnly": true }, { "source": "conf", "target": "/etc/my", "readOnly": true } ] """, "one", "two"),
            new DeployValues());

        Assert.Equal(["00-databases.sql", "10-types.sql", "20-extra.sql"], plan.Find<ConfigMap>("db-init").Data!.Keys.Order(StringComparer.Ordinal));
        var pod = plan.Find<StatefulSet>("db").Spec.Template.Spec;
        Assert.Equal("db-init", pod.Volumes!.Single(volume => volume.Name == Assert.Single(pod.Containers[0].VolumeMounts!, static mount => mount.MountPath.StartsWith("/docker-entrypoint-initdb.d", StringComparison.Ordinal)).Name).ConfigMap!.Name);
        var conf = pod.Containers[0].VolumeMounts!.Single(static mount => mount.MountPath == "/etc/my");
        Assert.Equal("shared_buffers = 1GB", plan.Find<ConfigMap>(pod.Volumes!.Single(volume => volume.Name == conf.Name).ConfigMap!.Name).Data!["my.conf"]);
        Assert.Empty(plan.Notices);
    }

    [Fact]
    public void What_does_not_go_along_is_told()
    {
        Write("data/PG_VERSION", "18");
        Assert.Equal(
            ["'db' is run without the arguments of the app model (-c x=<other>): only settings ('-c name=value') without secrets go along."],
            Environments.Plan(Postgres(""" "args": [ "-c", "x={other.value}" ] """), new DeployValues()).Notices);
        Assert.Equal(
            ["'db' is run without what the app model mounts at /var/lib/postgresql/data: its data are on the claim."],
            Environments.Plan(Postgres(""" "bindMounts": [ { "source": "data", "target": "/var/lib/postgresql/data", "readOnly": false } ] """), new DeployValues()).Notices);
        Assert.StartsWith(
            "'db' is run without what the app model mounts at /docker-entrypoint-initdb.d: ",
            Assert.Single(Environments.Plan(Postgres(""" "bindMounts": [ { "source": "missing", "target": "/docker-entrypoint-initdb.d", "readOnly": true } ] """), new DeployValues()).Notices), StringComparison.Ordinal);
        Assert.Equal(
            ["'db' is run without the volume at /backups: it has one claim, with its data."],
            Environments.Plan(Postgres(""" "volumes": [ { "name": "a", "target": "/var/lib/postgresql", "readOnly": false }, { "name": "b", "target": "/backups", "readOnly": false } ] """), new DeployValues()).Notices);
    }

    [Theory]
    [InlineData("redis-server --requirepass $REDIS_PASSWORD", null)]
    [InlineData("redis-server --requirepass $REDIS_PASSWORD --save 60 1", "'cache' is run without the arguments of the app model (-c redis-server --requirepass $REDIS_PASSWORD --save 60 1): its start is the platform's.")]
    public void Arguments_of_a_Redis_that_say_more_than_its_password_are_told(string arguments, string? expected)
    {
        var plan = Environments.Plan(
            TestManifest.Of($$"""
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "cache": {
              "type": "container.v0", "image": "redis:8.6", "connectionString": "{cache.bindings.tcp.host},password={pw.value}", "entrypoint": "/bin/sh", "args": [ "-c", "{{arguments}}" ],
              "env": { "REDIS_PASSWORD": "{pw.value}", "TZ": "UTC" }, "bindings": { "tcp": { "scheme": "redis", "protocol": "tcp", "transport": "tcp", "targetPort": 6379 } }
            }
            """),
            new DeployValues());

        Assert.Equal(expected is null ? [] : [expected], plan.Notices);
        Assert.Equal(["PASSWORD_FILE", "PRIMARY", "TZ"], plan.Find<StatefulSet>("cache").Spec.Template.Spec.Containers[0].Env!.Select(static variable => variable.Name));
    }

    [Fact]
    public void The_shop_keeps_its_buffers()
    {
        var (manifest, values) = ForeignManifests.Of("shop");

        Assert.Equal(["-c", "max_connections=200", "-c", "shared_buffers=256MB"], Environments.Plan(manifest, values).Find<StatefulSet>("db").Spec.Template.Spec.Containers[0].Args);
    }

    private static string? Value(Container container, string name) => container.Env!.Single(variable => variable.Name == name).Value;

    private void Write(string path, string text)
    {
        var file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private AppManifest Postgres(string more, params string[] databases) => ManifestReader.Read(Path.Combine(_folder.FullName, "app.json"), Encoding.UTF8.GetBytes($$"""
        { "resources": {
          "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
          "other": { "type": "parameter.v0", "value": "{other.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
          "db": {
            "type": "container.v0", "image": "postgres:18.3", "connectionString": "Host={db.bindings.tcp.host};Username=postgres;Password={pw.value}",
            "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } },{{more}}
          },
          {{string.Join("", databases.Select(static name => $$""" "{{name}}": { "type": "value.v0", "connectionString": "{db.connectionString};Database={{name}}" },"""))}}
          "api": { "type": "project.v0", "path": "api.csproj", "env": { "ConnectionStrings__db": "{db.connectionString}" } }
        } }
        """));
}
