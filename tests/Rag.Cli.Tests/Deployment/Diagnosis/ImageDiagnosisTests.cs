using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

public sealed class ImageDiagnosisTests
{
    private const string Refused =
        "failed to pull and unpack image \"registry.example.com/rag/rag-api:0.1.0\": failed to resolve reference \"registry.example.com/rag/rag-api:0.1.0\": unexpected status from HEAD request to https://registry.example.com/v2/rag/rag-api/manifests/0.1.0: 401 Unauthorized";

    private const string PullSecret = """ "imagePullSecrets": [ { "name": "registry" } ], """;

    [Fact]
    public void A_registry_that_wants_credentials_is_named_and_the_secret_that_is_not_configured()
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("ErrImagePull", Refused))));

        Assert.Equal((ProblemKind.RegistryUnauthorized, "rag-api"), (problem.Kind, problem.Subject));
        Assert.Contains("registry.example.com refuses registry.example.com/rag/rag-api:0.1.0: no pull secret is configured", problem.What, StringComparison.Ordinal);
        Assert.Contains("images.pullSecrets", problem.Fix, StringComparison.Ordinal);
        // No password in an argument.
        Assert.DoesNotContain("--docker-password", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pull_secret_that_is_not_there_is_named()
    {
        var snapshot = Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("ErrImagePull", Refused), spec: PullSecret)) with { Secrets = new HashSet<string> { "other" } };

        var problem = Snapshots.Only(snapshot);

        Assert.Contains("the pull secret registry is not there", problem.What, StringComparison.Ordinal);
        Assert.Contains("kubectl -n ragplatform create secret generic registry --type=kubernetes.io/dockerconfigjson", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pull_secret_that_is_there_and_refused_is_told_from_one_that_is_not()
    {
        var snapshot = Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("ErrImagePull", Refused), spec: PullSecret)) with { Secrets = new HashSet<string> { "registry" } };

        Assert.Contains("does not accept what the pull secret registry holds", Snapshots.Only(snapshot).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Between_two_attempts_the_reason_is_taken_from_the_event_of_the_last_one()
    {
        var snapshot = Snapshots.Of(
            Snapshots.Pod(Snapshots.Waiting("ImagePullBackOff", "Back-off pulling image \"registry.example.com/rag/rag-api:0.1.0\"")),
            Snapshots.Event("Pod", "rag-api-7d4b9c6f5d-x2x4z", "Failed", "Error: ErrImagePull"),
            Snapshots.Event("Pod", "rag-api-7d4b9c6f5d-x2x4z", "Failed", $"Failed to pull image \"registry.example.com/rag/rag-api:0.1.0\": {Refused}", seen: "2026-03-01T11:58:00Z"));

        Assert.Equal(ProblemKind.RegistryUnauthorized, Snapshots.Only(snapshot).Kind);
    }

    [Fact]
    public void A_newer_kubelet_repeats_the_reason_while_it_waits()
    {
        var waiting = Snapshots.Waiting("ImagePullBackOff", $"Back-off pulling image \"registry.example.com/rag/rag-api:0.1.0\": ErrImagePull: {Refused}");

        Assert.Equal(ProblemKind.RegistryUnauthorized, Snapshots.Only(Snapshots.Of(Snapshots.Pod(waiting))).Kind);
    }

    [Theory]
    [InlineData("failed to resolve reference \"registry.example.com/rag/rag-api:0.1.0\": registry.example.com/rag/rag-api:0.1.0: not found", ProblemKind.ImageNotFound, "has no image rag/rag-api:0.1.0")]
    [InlineData("failed to do request: Head \"https://registry.example.com/v2/rag/rag-api/manifests/0.1.0\": dial tcp: lookup registry.example.com on 10.96.0.10:53: no such host", ProblemKind.RegistryUnreachable, "cannot reach the registry registry.example.com")]
    [InlineData("failed to do request: Head \"https://registry.example.com/v2/\": tls: failed to verify certificate: x509: certificate signed by unknown authority", ProblemKind.RegistryUnreachable, "do not trust the certificate")]
    [InlineData("failed to resolve reference \"registry.example.com/rag/rag-api@sha256:f401e70000000000000000000000000000000000000000000000000000000403\": registry.example.com/rag/rag-api@sha256:f401e70000000000000000000000000000000000000000000000000000000403: not found", ProblemKind.ImageNotFound, "has no image rag/rag-api:0.1.0")]
    [InlineData("failed to pull and unpack image \"registry.example.com/rag/rag-api:0.1.0\": failed to extract layer sha256:40140140140140140140140140140140140140140140140140140140140140ab: mount callback failed on /var/lib/containerd/tmpmounts/containerd-mount403: write /usr/share/dotnet/x: no space left on device", ProblemKind.ImagePull, "disk of a node is full")]
    [InlineData("failed to do request: Head \"https://registry.local:5000/v2/rag/rag-api/manifests/0.1.0\": http: server gave HTTP response to HTTPS client", ProblemKind.RegistryUnreachable, "speaks HTTP")]
    [InlineData("unexpected status from HEAD request to https://registry-1.docker.io/v2/library/redis/manifests/8: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit", ProblemKind.ImagePull, "gives no more images for now")]
    [InlineData("failed to resolve image: no match for platform in manifest: not found", ProblemKind.ImagePull, "not there for the processor")]
    [InlineData("failed to fetch oauth token: unexpected status from GET request to https://auth.docker.io/token?scope=repository%3Arag%2Frag-api%3Apull: 403 Forbidden", ProblemKind.RegistryUnauthorized, "no pull secret")]
    [InlineData("pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", ProblemKind.RegistryUnauthorized, "no pull secret")]
    [InlineData("failed to copy: read: connection reset by peer", ProblemKind.ImagePull, "connection reset by peer")]
    public void Other_reasons_are_told_apart(string message, object kind, string words)
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("ErrImagePull", message))));

        Assert.Equal((ProblemKind)kind, problem.Kind);
        Assert.Contains(words, problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tag_like_a_status_code_is_no_answer_of_the_registry()
    {
        var pod = Snapshots.Pod(Snapshots.Waiting("ErrImagePull", "failed to resolve reference \"registry.example.com/rag/rag-api:1.4.403\": registry.example.com/rag/rag-api:1.4.403: not found")).Replace("rag-api:0.1.0", "rag-api:1.4.403", StringComparison.Ordinal);

        Assert.Equal(ProblemKind.ImageNotFound, Snapshots.Only(Snapshots.Of(pod)).Kind);
    }

    [Fact]
    public void The_way_to_a_pull_secret_takes_the_credentials_of_one_registry_only()
    {
        var fix = Snapshots.Only(Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("ErrImagePull", Refused)))).Fix;

        Assert.Contains("docker --config ./login login registry.example.com", fix, StringComparison.Ordinal);
        Assert.DoesNotContain("$HOME", fix, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_may_not_be_fetched_has_to_be_loaded_onto_the_node()
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("ErrImageNeverPull", "Container image \"registry.example.com/rag/rag-api:0.1.0\" is not present with pull policy of Never"))));

        Assert.Equal(ProblemKind.ImageNotFound, problem.Kind);
        Assert.Contains("pullPolicy", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Replicas_that_fail_alike_are_one_problem()
    {
        var pod = Snapshots.Pod(Snapshots.Waiting("ErrImagePull", Refused));

        var problem = Snapshots.Only(Snapshots.Of(pod, pod.Replace("x2x4z", "q7w8e", StringComparison.Ordinal)));

        Assert.EndsWith("(2 times)", problem.What, StringComparison.Ordinal);
    }
}
