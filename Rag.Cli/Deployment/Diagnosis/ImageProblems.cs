using System.Text.RegularExpressions;
using Rag.Cli.Deployment.Clusters;
using Rag.Deploy.Planning;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Why an image could not be fetched, told from what the node's runtime says.</summary>
internal static partial class ImageProblems
{
    private static readonly HashSet<string> Reasons = new(StringComparer.Ordinal)
    {
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
    };

    public static bool Covers(string? reason) => reason is not null && Reasons.Contains(reason);

    public static Problem Of(Snapshot snapshot, ApiPod pod, ApiContainer container, ApiWaiting waiting)
    {
        var image = ImageReference.Parse(container.Image);
        var subject = PodNames.Workload(pod);
        // While kubelet waits for its next attempt, the reason of the last one stands in an event only.
        var said = Cause(waiting.Message) ?? snapshot.About("Pod", pod.Metadata.Name).Where(static one => one.Reason == "Failed").Select(static one => Cause(one.Message)).FirstOrDefault(static cause => cause is not null) ?? "";
        // Tags, digests and ports are numbers too: 1.4.403 and sha256:401... say nothing of what the registry answered.
        var cause = Digest().Replace(said.Replace(container.Image, "IMAGE", StringComparison.Ordinal), "DIGEST");

        if (waiting.Reason == "ErrImageNeverPull")
        {
            return new Problem(ProblemKind.ImageNotFound, subject, $"{image} is not on the node, and images.pullPolicy Never forbids fetching it.", "Load it onto every node ('rag bundle' has a script for it), or set images.pullPolicy to IfNotPresent.");
        }

        if (waiting.Reason == "InvalidImageName")
        {
            return new Problem(ProblemKind.ImagePull, subject, $"'{container.Image}' is no name of an image.", "Correct images.registry or images.override in the values.") { IsFinal = true };
        }

        if (NoSpace().IsMatch(cause))
        {
            return new Problem(ProblemKind.ImagePull, subject, $"The disk of a node is full: {image.Name} does not fit on it.", "Free room on the node, or give it a larger disk: 'kubectl describe nodes' shows the condition DiskPressure.");
        }

        if (cause.Contains("no match for platform", StringComparison.OrdinalIgnoreCase))
        {
            return new Problem(ProblemKind.ImagePull, subject, $"{image} is not there for the processor of the node.", "Push it for that architecture too ('kubectl get nodes -L kubernetes.io/arch' shows which), or choose nodes by nodeSelector in the values.");
        }

        if (cause.Contains("server gave HTTP response to HTTPS client", StringComparison.Ordinal))
        {
            return new Problem(
                ProblemKind.RegistryUnreachable, subject, $"The registry {image.Registry} speaks HTTP, and the nodes ask by HTTPS.",
                $"Give the registry a certificate, or tell the runtime of every node that it may: containerd in /etc/containerd/certs.d/{image.Registry}/hosts.toml, k3s in /etc/rancher/k3s/registries.yaml.");
        }

        if (cause.Contains("x509", StringComparison.Ordinal))
        {
            return new Problem(ProblemKind.RegistryUnreachable, subject, $"The nodes do not trust the certificate of the registry {image.Registry}.", "Install the registry's authority on every node, where its container runtime looks for it.");
        }

        if (RateLimit().IsMatch(cause))
        {
            return new Problem(
                ProblemKind.ImagePull, subject, $"The registry {image.Registry} gives no more images for now: too many were asked for without an account, or with this one.",
                $"It tries again by itself. A pull secret raises the limit: {PullSecret.Command(snapshot.Kubectl, "registry", image.Registry)}; then name it in images.pullSecrets of the values. Or name a mirror in images.mirror.");
        }

        if (Unreachable().IsMatch(cause))
        {
            return new Problem(ProblemKind.RegistryUnreachable, subject, $"The nodes cannot reach the registry {image.Registry}, which {image.Name} comes from.", "Give the nodes a way to it, name a mirror in images.mirror, or carry the images over with 'rag bundle'.");
        }

        // Docker Hub says of an image that is not there that access to it is denied: it may be either.
        if (Unauthorized().IsMatch(cause))
        {
            return Denied(snapshot, pod, image, subject);
        }

        return Absent().IsMatch(cause)
            ? new Problem(ProblemKind.ImageNotFound, subject, $"The registry {image.Registry} has no image {image.Repository}{(image.Tag is null ? $"@{image.Digest}" : $":{image.Tag}")}.", "Push it ('rag images --registry'), or correct images.registry and version in the values.")
            : new Problem(ProblemKind.ImagePull, subject, $"{image} could not be fetched{(said.Length == 0 ? "" : $": {said}")}.", $"'{snapshot.Kubectl} describe pod {pod.Metadata.Name}' shows all that the node says.");
    }

    private static Problem Denied(Snapshot snapshot, ApiPod pod, ImageReference image, string subject)
    {
        var names = pod.Spec.ImagePullSecrets.Select(static secret => secret.Name).OfType<string>().ToList();
        var missing = snapshot.Secrets is { } known ? names.Where(name => !known.Contains(name)).ToList() : [];
        string Create(string name) => PullSecret.Command(snapshot.Kubectl, name, image.Registry);

        var (what, fix) = (names.Count, missing.Count) switch
        {
            (0, _) => ("no pull secret is configured", $"{Create("registry")}; then name it in images.pullSecrets of the values and apply again. If the image is public, its name is wrong."),
            (_, > 0) => ($"the pull secret {string.Join(", ", missing)} is not there", Create(missing[0])),
            _ => ($"it does not accept what the pull secret {string.Join(", ", names)} holds", $"Delete that secret and make it anew: {Create(names[0])}. If the image is not there at all, push it."),
        };
        return new Problem(ProblemKind.RegistryUnauthorized, subject, $"The registry {image.Registry} refuses {image.Name}: {what}.", fix);
    }

    // Back-off pulling image "x": ErrImagePull: failed to pull and unpack image "x": ... 401 Unauthorized
    private static string? Cause(string? message)
    {
        if (message is null)
        {
            return null;
        }

        var start = message.StartsWith("Back-off pulling image", StringComparison.Ordinal) ? message.IndexOf("ErrImagePull: ", StringComparison.Ordinal) : 0;
        var cause = start < 0 ? "" : message[start..].Trim();
        // "Error: ErrImagePull" and "Error: ImagePullBackOff" are events as well.
        return cause.Length == 0 || cause.StartsWith("Error: ", StringComparison.Ordinal) ? null : Printable.Excerpt(cause, 400);
    }

    [GeneratedRegex("[a-z0-9]+:[0-9a-f]{32,}", RegexOptions.None, 1000)]
    private static partial Regex Digest();

    [GeneratedRegex("no space left on device|disk quota exceeded", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NoSpace();

    // 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit.
    [GeneratedRegex(@"toomanyrequests|429 Too Many Requests|status(?: code)?:? 429\b|pull rate limit", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex RateLimit();

    [GeneratedRegex("no such host|connection refused|i/o timeout|no route to host|network is unreachable|deadline exceeded|server misbehaving|TLS handshake", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Unreachable();

    [GeneratedRegex(
        @"\b401 Unauthorized|\b403 Forbidden|status(?: code)?:? 40[13]\b|unauthorized|authentication required|insufficient_scope|pull access denied|(?<!permission )denied:|no basic auth credentials",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        1000)]
    private static partial Regex Unauthorized();

    [GeneratedRegex(@"not found|manifest unknown|name unknown|MANIFEST_UNKNOWN|NAME_UNKNOWN|status(?: code)?:? 404\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Absent();
}
