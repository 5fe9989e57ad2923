using Rag.Cli.Deployment.Clusters;
using Rag.Deploy.Planning;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Why an image could not be fetched, told from what the node's runtime says.</summary>
internal static class ImageProblems
{
    private static readonly HashSet<string> Reasons = new(StringComparer.Ordinal)
    {
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
    };

    private static readonly string[] Unauthorized = ["401", "403", "unauthorized", "authentication required", "insufficient_scope", "pull access denied", "denied:", "no basic auth credentials"];
    private static readonly string[] Unreachable = ["no such host", "connection refused", "i/o timeout", "no route to host", "deadline exceeded", "server misbehaving", "TLS handshake"];
    private static readonly string[] Absent = ["not found", "manifest unknown", "name unknown", "404"];

    public static bool Covers(string? reason) => reason is not null && Reasons.Contains(reason);

    public static Problem Of(Snapshot snapshot, ApiPod pod, ApiContainer container, ApiWaiting waiting)
    {
        var image = ImageReference.Parse(container.Image);
        var subject = PodNames.Workload(pod);
        // While kubelet waits for its next attempt, the reason of the last one stands in an event only.
        var said = Cause(waiting.Message) ?? snapshot.About("Pod", pod.Metadata.Name).Where(static one => one.Reason == "Failed").Select(static one => Cause(one.Message)).FirstOrDefault(static cause => cause is not null) ?? "";
        bool Says(string[] signs) => signs.Any(sign => said.Contains(sign, StringComparison.OrdinalIgnoreCase));

        if (waiting.Reason == "ErrImageNeverPull")
        {
            return new Problem(ProblemKind.ImageNotFound, subject, $"{image} is not on the node, and images.pullPolicy Never forbids fetching it.", "Load it onto every node ('rag bundle' has a script for it), or set images.pullPolicy to IfNotPresent.");
        }

        if (waiting.Reason == "InvalidImageName")
        {
            return new Problem(ProblemKind.ImagePull, subject, $"'{container.Image}' is no name of an image.", "Correct images.registry or images.override in the values.");
        }

        if (Says(Unreachable))
        {
            return new Problem(ProblemKind.RegistryUnreachable, subject, $"The nodes cannot reach the registry {image.Registry}, which {image.Name} comes from.", "Give the nodes a way to it, name a mirror in images.mirror, or carry the images over with 'rag bundle'.");
        }

        if (said.Contains("x509", StringComparison.Ordinal))
        {
            return new Problem(ProblemKind.RegistryUnreachable, subject, $"The nodes do not trust the certificate of the registry {image.Registry}.", "Install the registry's authority on every node, where its container runtime looks for it.");
        }

        // Docker Hub says of an image that is not there that access to it is denied: it may be either.
        if (Says(Unauthorized))
        {
            return Denied(snapshot, pod, image, subject);
        }

        return Says(Absent)
            ? new Problem(ProblemKind.ImageNotFound, subject, $"The registry {image.Registry} has no image {image.Repository}{(image.Tag is null ? $"@{image.Digest}" : $":{image.Tag}")}.", "Push it ('rag images --registry'), or correct images.registry and version in the values.")
            : new Problem(ProblemKind.ImagePull, subject, $"{image} could not be fetched{(said.Length == 0 ? "" : $": {said}")}.", $"'{snapshot.Kubectl} describe pod {pod.Metadata.Name}' shows all that the node says.");
    }

    private static Problem Denied(Snapshot snapshot, ApiPod pod, ImageReference image, string subject)
    {
        var names = pod.Spec.ImagePullSecrets.Select(static secret => secret.Name).OfType<string>().ToList();
        var missing = snapshot.Secrets is { } known ? names.Where(name => !known.Contains(name)).ToList() : [];
        // From a file: a password in an argument is seen by everybody who may list processes, and stays in the shell's history.
        string Create(string name) => $"{snapshot.Kubectl} create secret generic {name} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=$HOME/.docker/config.json";

        var (what, fix) = (names.Count, missing.Count) switch
        {
            (0, _) => ("no pull secret is configured", $"After 'docker login {image.Registry}': {Create("registry")}; then name it in images.pullSecrets of the values and apply again. If the image is public, its name is wrong."),
            (_, > 0) => ($"the pull secret {string.Join(", ", missing)} is not there", $"After 'docker login {image.Registry}': {Create(missing[0])}"),
            _ => ($"it does not accept what the pull secret {string.Join(", ", names)} holds", $"Delete that secret and make it anew after 'docker login {image.Registry}': {Create(names[0])}. If the image is not there at all, push it."),
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
        return cause.Length == 0 || cause.StartsWith("Error: ", StringComparison.Ordinal) ? null : Questions.Printable.Excerpt(cause, 400);
    }
}
