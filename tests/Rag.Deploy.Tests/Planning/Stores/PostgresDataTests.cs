using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>That what PostgreSQL writes is on its claim, whatever version runs.</summary>
public sealed class PostgresDataTests
{
    private const string Before18 = "/var/lib/postgresql/data";
    private const string Since18 = "/var/lib/postgresql";

    [Theory]
    [InlineData("docker.io/library/postgres:18.3", Since18, "/var/lib/postgresql/18/docker")]
    [InlineData("postgres:18", Since18, "/var/lib/postgresql/18/docker")]
    [InlineData("postgres:19beta1-alpine", Since18, "/var/lib/postgresql/19/docker")]
    [InlineData("registry.example.com:5000/library/postgres:18.1-trixie@sha256:0000000000000000000000000000000000000000000000000000000000000000", Since18, "/var/lib/postgresql/18/docker")]
    [InlineData("pgvector/pgvector:0.8.1-pg18-trixie", Since18, "/var/lib/postgresql/18/docker")]
    [InlineData("postgres:17.6", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    [InlineData("postgres:9.6-alpine", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    [InlineData("pgvector/pgvector:pg17", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    [InlineData("timescale/timescaledb:2.22.0-pg17", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    // The tag tells nothing: as good for 18 as for 17.
    [InlineData("postgres:latest", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    [InlineData("postgres", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    [InlineData("postgres@sha256:0000000000000000000000000000000000000000000000000000000000000000", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    [InlineData("example.com/database:20.1", Before18, "/var/lib/postgresql/data/pgdata/docker")]
    public void Its_files_lie_below_the_claim_and_no_volume_of_the_image_lies_between(string image, string mount, string folder)
    {
        var pod = Of(Environments.Plan(Model(image, Before18), new DeployValues { Stores = new(StringComparer.Ordinal) { ["db"] = new StoreValues { Kind = StoreKind.Postgres } } }).Find<StatefulSet>("db"));

        Assert.Equal((mount, folder), pod);
        // What the image declares as VOLUME: anything of it below the claim would be a volume of the container's own, which goes with it.
        string[] possible = mount == Since18 ? [Since18] : [Before18, Since18];
        Assert.DoesNotContain(possible, volume => volume.StartsWith(mount + "/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/var/lib/postgresql/data")]
    [InlineData("/var/lib/postgresql")]
    [InlineData("/data")]
    public void Where_the_app_model_has_its_volume_does_not_matter(string target) =>
        Assert.Equal((Before18, "/var/lib/postgresql/data/pgdata/docker"), Of(Environments.Plan(Model("postgres:17.6", target), new DeployValues()).Find<StatefulSet>("db")));

    [Theory]
    [InlineData("postgres:18.3", null, 999)]
    [InlineData("postgres:18.3-alpine3.22", null, 70)]
    [InlineData("example.com/postgres:18", 26, 26)]
    public void It_runs_as_the_account_that_its_image_has(string image, int? user, int expected)
    {
        var pod = Environments.Plan(Model(image, Before18), new DeployValues { Stores = new(StringComparer.Ordinal) { ["db"] = new StoreValues { User = user } } }).Find<StatefulSet>("db").Spec.Template.Spec;

        Assert.Equal((expected, expected), (pod.SecurityContext!.RunAsUser, pod.Containers[0].SecurityContext!.RunAsUser));
    }

    [Fact]
    public void A_shop_that_was_made_with_an_older_Aspire_keeps_what_it_sells()
    {
        var (manifest, values) = ForeignManifests.Of("shop");

        Assert.Equal((Before18, "/var/lib/postgresql/data/pgdata/docker"), Of(Environments.Plan(manifest, values).Find<StatefulSet>("db")));
    }

    private static AppManifest Model(string image, string target) => TestManifest.Of($$"""
        "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
        "db": {
          "type": "container.v0", "image": "{{image}}", "connectionString": "Host={db.bindings.tcp.host};Username=postgres;Password={pw.value}",
          "volumes": [ { "name": "d", "target": "{{target}}", "readOnly": false } ],
          "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } }
        }
        """);

    private static (string Mount, string Folder) Of(StatefulSet server)
    {
        var container = server.Spec.Template.Spec.Containers[0];
        var folder = container.Env!.Single(static variable => variable.Name == "PGDATA").Value!;
        var claim = Assert.Single(container.VolumeMounts!, mount => mount.Name == server.Spec.VolumeClaimTemplates![0].Metadata.Name);
        Assert.StartsWith(claim.MountPath + "/", folder, StringComparison.Ordinal);
        return (claim.MountPath, folder);
    }
}
