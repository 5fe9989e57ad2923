namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>How a person makes a pull secret.</summary>
internal static class PullSecret
{
    /// <summary>
    /// The way to it in one line. From a file: a password in an argument is seen by everybody who may list processes, and stays in the shell's history.
    /// From a file of its own: the one in the home folder holds the credentials of all registries, or none at all where docker keeps them in the system's store.
    /// </summary>
    /// <param name="kubectl">What a command for the namespace begins with.</param>
    /// <param name="name">Of the secret.</param>
    /// <param name="registry">Whose credentials; null: not known.</param>
    public static string Command(string kubectl, string name, string? registry) =>
        $"'docker --config ./login login {registry ?? "REGISTRY"}' (or 'podman login --authfile ./login/config.json {registry ?? "REGISTRY"}', where docker's file then only names a credsStore), "
        + $"then: {kubectl} create secret generic {name} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=./login/config.json";
}
