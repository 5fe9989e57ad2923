using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;
using Rag.Cli.Tests.Deployment.Diagnosis;
using Rag.Deploy.Writing;

namespace Rag.Cli.Tests.Deployment.Clusters;

public sealed class PreflightTests
{
    private const string Deployment =
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: rag-api, namespace: ragplatform }
        spec:
          template:
            spec:
              imagePullSecrets: [ { name: registry } ]
              containers:
              - name: rag-api
                image: registry.example.com/rag/rag-api:0.1.0
                env:
                - name: KEY
                  valueFrom: { secretKeyRef: { name: ragplatform-secrets, key: vectors-key } }
              volumes:
              - name: secrets
                projected: { sources: [ { secret: { name: ragplatform-secrets, items: [ { key: postgres-password, path: p } ] } } ] }
        """;

    private const string Secret =
        """
        apiVersion: v1
        kind: Secret
        metadata: { name: ragplatform-secrets, namespace: ragplatform }
        data: { postgres-password: eA== }
        """;

    private static readonly ServedTypes Served = ServedTypes.Parse(
        "apps/v1\nv1\nnetworking.k8s.io/v1\nkeda.sh/v1beta1\n",
        "namespaces   ns   v1   false   Namespace\nsecrets   v1   true   Secret\ndeployments   deploy   apps/v1   true   Deployment\nstatefulsets   sts   apps/v1   true   StatefulSet\ningresses   ing   networking.k8s.io/v1   true   Ingress\nscaledobjects   so   keda.sh/v1beta1   true   ScaledObject\n");

    private static readonly ServedTypes WithClaims = ServedTypes.Parse("apps/v1\nv1\n", "deployments   deploy   apps/v1   true   Deployment\npersistentvolumeclaims   pvc   v1   true   PersistentVolumeClaim\n");

    [Fact]
    public void A_cluster_that_has_everything_passes() => Assert.Empty(Look([Deployment, Secret.Replace("{ p", "{ vectors-key: eA==, p", StringComparison.Ordinal)], secrets: ["registry"]));

    [Fact]
    public void A_key_that_nobody_filled_in_is_named_with_its_file()
    {
        var problem = Assert.Single(Look([Deployment, Secret], secrets: ["registry"]));

        Assert.Equal("'vectors-key' is not filled in; Deployment rag-api needs it.", problem.What);
        Assert.Equal($"Add a line vectors-key=VALUE to {Path.Combine("overlays", "dev", "secrets.env")}.", problem.Fix);
        Assert.False(problem.IsWarning);
    }

    [Fact]
    public void A_key_without_a_value_is_not_filled_in()
    {
        var problem = Assert.Single(Look([Deployment, Secret.Replace("{ p", "{ vectors-key: \"\", p", StringComparison.Ordinal)], secrets: ["registry"]));

        Assert.Equal("'vectors-key' is not filled in; Deployment rag-api needs it.", problem.What);
    }

    [Fact]
    public void A_secret_that_somebody_else_has_to_make_is_named_with_its_keys()
    {
        var problems = Look([Deployment], secrets: []);

        Assert.Equal(["registry", "ragplatform-secrets"], problems.Select(static problem => problem.Subject).OrderByDescending(static name => name, StringComparer.Ordinal));
        var own = problems.Single(static problem => problem.Subject == "ragplatform-secrets");
        Assert.Contains("(keys: postgres-password, vectors-key)", own.What, StringComparison.Ordinal);
        Assert.False(own.IsWarning);
        // An image may be public: without the credentials one may try.
        Assert.True(problems.Single(static problem => problem.Subject == "registry").IsWarning);
    }

    [Theory]
    [InlineData("dev", null)]
    [InlineData(null, null)]
    [InlineData("prod", "The namespace ragplatform holds the environment 'prod', and this is 'dev': its secrets would be replaced,")]
    public void A_namespace_that_holds_another_environment_is_not_written_over(string? resident, string? expected)
    {
        const string Namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: ragplatform, labels: { ragplatform.dev/environment: dev } }\n";

        var problems = Look([Namespace], with: facts => facts with { Resident = resident });

        Assert.Equal(expected is null ? 0 : 1, problems.Count);
        Assert.All(problems, problem => Assert.StartsWith(expected!, problem.What, StringComparison.Ordinal));
        Assert.All(problems, static problem => Assert.EndsWith("kubectl -n ragplatform label namespace ragplatform ragplatform.dev/environment=dev --overwrite", problem.Fix, StringComparison.Ordinal));
        Assert.All(problems, static problem => Assert.False(problem.IsWarning));
    }

    [Fact]
    public void Without_a_right_to_see_secrets_none_is_missed() => Assert.Empty(Look([Deployment], secrets: null));

    [Fact]
    public void A_type_that_the_cluster_does_not_know_is_named_with_who_brings_it()
    {
        const string Route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: rag-web, namespace: ragplatform }\n";

        var problem = Assert.Single(Look([Route]));

        Assert.Equal((ProblemKind.MissingType, "HTTPRoute"), (problem.Kind, problem.Subject));
        Assert.Contains("gateway.networking.k8s.io/v1", problem.What, StringComparison.Ordinal);
        Assert.Contains("the Gateway API", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_is_there_in_another_version_is_told_from_one_that_is_not()
    {
        var problem = Assert.Single(Look(["apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: rag-ingest }\n"]));

        Assert.StartsWith("The cluster knows keda.sh/v1beta1 but not keda.sh/v1alpha1", problem.What, StringComparison.Ordinal);
        Assert.Contains("in a newer version", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Claims_are_held_against_the_storage_classes()
    {
        const string Set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: postgres }\nspec: { volumeClaimTemplates: [ { metadata: { name: data }, spec: { storageClassName: fast } } ] }\n";

        var problem = Assert.Single(Look([Set]));

        Assert.Equal((ProblemKind.MissingStorageClass, "data-postgres-0"), (problem.Kind, problem.Subject));
        Assert.Empty(Look([Set.Replace("fast", "standard", StringComparison.Ordinal)]));
    }

    [Fact]
    public void A_claim_for_which_a_volume_is_kept_needs_nobody_who_makes_one()
    {
        const string Set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: vectors, namespace: ragplatform }\nspec: { replicas: 3, volumeClaimTemplates: [ { metadata: { name: data }, spec: { storageClassName: by-hand } } ] }\n";
        static string Volume(int ordinal) => $"apiVersion: v1\nkind: PersistentVolume\nmetadata: {{ name: ragplatform-data-vectors-{ordinal} }}\nspec: {{ storageClassName: by-hand, claimRef: {{ namespace: ragplatform, name: data-vectors-{ordinal} }} }}\n";
        static ClusterFacts Without(ClusterFacts facts) => facts with { StorageClasses = [] };

        // Each pod of a StatefulSet has a claim of its own.
        var served = ServedTypes.Parse("apps/v1\nv1\n", "statefulsets   sts   apps/v1   true   StatefulSet\npersistentvolumes   pv   v1   false   PersistentVolume\n");
        Assert.Equal(["data-vectors-2"], Look([Set, Volume(0), Volume(1)], with: facts => Without(facts) with { Served = served }).Select(static problem => problem.Subject));
        Assert.Empty(Look([Set, Volume(0), Volume(1), Volume(2)], with: facts => Without(facts) with { Served = served }));
        Assert.Empty(Look([Set.Replace(", storageClassName: by-hand", "", StringComparison.Ordinal), Volume(0), Volume(1), Volume(2)], with: facts => Without(facts) with { Served = served }));
        // Or it is there already, on the cluster.
        Assert.Empty(Look([Set, Volume(0), Volume(1)], with: facts => Without(facts) with { Served = served, ServedClaims = new HashSet<string> { "data-vectors-2" } }));
        // That of another namespace's claim is none.
        Assert.Equal(3, Look([Set, .. Enumerable.Range(0, 3).Select(static ordinal => Volume(ordinal).Replace("namespace: ragplatform", "namespace: other", StringComparison.Ordinal))], with: facts => Without(facts) with { Served = served }).Count);
    }

    [Theory]
    [InlineData("ReadWriteMany", "", 1)]
    [InlineData("ReadWriteMany", ", storageClassName: standard", 1)]
    [InlineData("ReadWriteMany", ", storageClassName: shared", 0)]
    [InlineData("ReadWriteOnce", "", 0)]
    public void A_claim_that_several_nodes_mount_is_held_against_who_makes_its_volume(string mode, string storageClass, int problems)
    {
        var claim = $"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{ name: originals, namespace: ragplatform }}\nspec: {{ accessModes: [ {mode} ]{storageClass} }}\n";

        var found = Look([claim], with: static facts => facts with
        {
            Served = WithClaims,
            StorageClasses = Snapshots.Classes(Snapshots.StorageClass("standard", "rancher.io/local-path", isDefault: true), Snapshots.StorageClass("shared", "nfs.csi.k8s.io")),
        });

        Assert.Equal(problems, found.Count);
        // Its provisioner may be set up for it.
        Assert.All(found, static problem => Assert.True(problem.IsWarning));
        Assert.All(found, static problem => Assert.StartsWith("The claim originals asks for a volume that several nodes mount (ReadWriteMany), and rancher.io/local-path, which makes those of the storage class standard,", problem.What, StringComparison.Ordinal));
        Assert.All(found, static problem => Assert.Contains("originals.claim.storageClass", problem.Fix, StringComparison.Ordinal));
    }

    [Fact]
    public void A_claim_that_somebody_else_has_to_make_is_missed_unless_it_is_there_or_may_not_be_looked_at()
    {
        const string Mounting = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: rag-api, namespace: ragplatform }\nspec: { template: { spec: { containers: [ { name: a, image: a } ], volumes: [ { name: originals, persistentVolumeClaim: { claimName: uploads } } ] } } }\n";
        const string Made = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: uploads, namespace: ragplatform }\nspec: {}\n";

        var problem = Assert.Single(Look([Mounting], with: static facts => facts with { Claims = ClaimsOf(("other", "ReadWriteMany")) }));

        Assert.Equal("The claim uploads is not in the namespace; Deployment rag-api mounts it.", problem.What);
        Assert.False(problem.IsWarning);
        Assert.Empty(Look([Mounting], with: static facts => facts with { Claims = ClaimsOf(("uploads", "ReadWriteOnce")) }));
        Assert.Empty(Look([Mounting], with: static facts => facts with { Claims = null }));
        Assert.Empty(Look([Mounting, Made], with: static facts => facts with { Served = WithClaims, Claims = ClaimsOf() }));
    }

    [Theory]
    [InlineData("ReadWriteOnce", 1)]
    [InlineData("ReadWriteMany", 0)]
    public void A_claim_that_several_mount_and_one_node_only_may_is_told(string mode, int problems)
    {
        string Mounting(string name) => $"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name}, namespace: ragplatform }}\nspec: {{ template: {{ spec: {{ containers: [ {{ name: a, image: a }} ], volumes: [ {{ name: originals, persistentVolumeClaim: {{ claimName: uploads }} }} ] }} }} }}\n";

        var found = Look([Mounting("rag-api"), Mounting("rag-ingest")], with: facts => facts with { Claims = ClaimsOf(("uploads", mode)) });

        Assert.Equal(problems, found.Count);
        Assert.All(found, static problem => Assert.True(problem is { IsWarning: true, What: "The claim uploads does not allow ReadWriteMany; Deployment rag-api and Deployment rag-ingest mount it, and wait for one another on different nodes." }, problem.What));
    }

    [Fact]
    public void A_bucket_s_key_is_missed_as_every_secret_is()
    {
        const string Reading = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: rag-api, namespace: ragplatform }\nspec: { template: { spec: { containers: [ { name: a, image: a } ], volumes: [ { name: originals, secret: { secretName: originals-key, items: [ { key: access-key-id, path: access-key-id }, { key: secret-access-key, path: secret-access-key } ] } } ] } } }\n";

        var problem = Assert.Single(Look([Reading], secrets: []));

        Assert.Equal("The Secret originals-key is not in the namespace (keys: access-key-id, secret-access-key); Deployment rag-api refers to it.", problem.What);
        Assert.False(problem.IsWarning);
        Assert.Empty(Look([Reading], secrets: ["originals-key"]));
    }

    [Fact]
    public void A_secret_cannot_be_made_before_its_namespace()
    {
        var problem = Look([Deployment], secrets: [], with: static facts => facts with { HasNamespace = false, Kubectl = "kubectl --context prod -n ragplatform" }).First(static one => !one.IsWarning);

        Assert.StartsWith("kubectl --context prod create namespace ragplatform; kubectl --context prod -n ragplatform create secret generic ragplatform-secrets", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_that_would_replace_others_are_named_by_key()
    {
        var problem = Assert.Single(Look([Secret], with: static facts => facts with { ReplacedKeys = new Dictionary<string, IReadOnlyList<string>> { ["ragplatform-secrets"] = ["postgres-password", "vectors-key"] } }));

        Assert.Equal((ProblemKind.OtherSecrets, false), (problem.Kind, problem.IsWarning));
        Assert.Contains("postgres-password, vectors-key differ.", problem.What, StringComparison.Ordinal);
        Assert.Contains("./rag secrets pull -e dev", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_that_cannot_be_compared_are_worth_a_note() =>
        Assert.True(Assert.Single(Look([Secret], with: static facts => facts with { HiddenSecrets = ["ragplatform-secrets"] })).IsWarning);

    [Fact]
    public void A_server_that_does_not_say_its_version_is_not_too_old() =>
        Assert.Empty(Look(["apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [ { name: a, image: a, lifecycle: { preStop: { sleep: { seconds: 10 } } } } ] } } }\n"], serverMinor: 0));

    [Fact]
    public void A_cluster_that_is_too_old_is_told_what_asks_for_more()
    {
        const string Sleeping = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [ { name: a, image: a, lifecycle: { preStop: { sleep: { seconds: 10 } } } } ] } } }\n";

        var problem = Assert.Single(Look([Sleeping], serverMinor: 29));

        Assert.Equal(ProblemKind.VersionTooLow, problem.Kind);
        Assert.Contains("cluster.kubernetesVersion to \"1.29\"", problem.Fix, StringComparison.Ordinal);
        Assert.Empty(Look([Sleeping], serverMinor: 30));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData(", annotations: { cert-manager.io/cluster-issuer: letsencrypt }", 0)]
    public void A_certificate_is_missed_unless_cert_manager_makes_it(string annotations, int problems) =>
        Assert.Equal(problems, Look([$"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{ name: a{annotations} }}\nspec: {{ tls: [ {{ hosts: [ a.example.com ], secretName: tls }} ] }}\n"], secrets: []).Count);

    private static Dictionary<string, IReadOnlyList<string>> ClaimsOf(params (string Name, string Mode)[] claims) => claims.ToDictionary(static claim => claim.Name, static claim => (IReadOnlyList<string>)[claim.Mode]);

    private static IReadOnlyList<Problem> Look(string[] objects, string[]? secrets = null, int serverMinor = 33, Func<ClusterFacts, ClusterFacts>? with = null) => Preflight.Of(
        new Overlay("dev", Path.Combine("overlays", "dev"), RenderedYaml.Read(string.Join("---\n", objects.Select(static one => one + "\n")))),
        new ClusterTarget("kind-dev", "https://127.0.0.1:6443", $"v1.{serverMinor}.0", serverMinor, ClientMinor: serverMinor),
        (with ?? (static facts => facts))(new ClusterFacts
        {
            Served = Served,
            StorageClasses = Snapshots.Classes(Snapshots.StorageClass("standard", "rancher.io/local-path", isDefault: true)),
            Secrets = secrets?.ToHashSet(StringComparer.Ordinal),
            Kubectl = "kubectl -n ragplatform",
        }));
}
