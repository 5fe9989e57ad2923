using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>What kubectl said when it failed, as one sentence and a way on.</summary>
internal static class KubectlFailure
{
    private static readonly (string[] Signs, string What, string Remedy)[] Known =
    [
        (["current-context must exist", "no configuration has been provided", "current-context is not set"],
            "kubectl knows no cluster.", "'kubectl config get-contexts' lists those it knows; --context names one, KUBECONFIG another file."),
        (["cannot locate context", "context was not found", "no context exists", "error: context \""],
            "kubectl knows no such context.", "'kubectl config get-contexts' lists those it knows."),
        (["Unauthorized", "You must be logged in", "the server has asked for the client to provide credentials", "getting credentials"],
            "The cluster did not accept the credentials.", "Sign in again as your cluster wants it; 'kubectl auth whoami' shows who you are to it."),
        (["x509", "certificate"], "The cluster's certificate is not trusted.", "Its kubeconfig has to hold the cluster's authority (certificate-authority-data)."),
        (["connection refused", "was refused", "no such host", "i/o timeout", "Unable to connect", "no route to host", "context deadline exceeded", "TLS handshake timeout"],
            "The cluster does not answer.", "Is it running, and is this machine in its network? 'kubectl cluster-info' asks the same."),
        (["orbidden"], "The cluster does not allow this.", "Whoever runs it has to give you the right; 'kubectl auth can-i --list' shows what you may."),
    ];

    /// <summary>Makes the exception.</summary>
    /// <param name="result">Of the run.</param>
    /// <param name="verb">Such as <c>apply</c>.</param>
    /// <param name="context">That was asked for.</param>
    public static CliException Of(ProgramResult result, string verb, string? context)
    {
        if (result.TimedOut)
        {
            return new CliException($"'kubectl {verb}' did not end in time.", "'kubectl cluster-info' shows whether the cluster answers.", ExitCode.Unavailable);
        }

        // The last line: what stands above it are warnings and the same complaint once per attempt.
        var lines = (result.Error.Trim().Length > 0 ? result.Error : result.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var said = lines.LastOrDefault() ?? $"exit code {result.ExitCode}";
        foreach (var (signs, what, remedy) in Known)
        {
            if (signs.Any(sign => said.Contains(sign, StringComparison.Ordinal)))
            {
                return new CliException($"{what} ({(context is null ? "" : $"context {context}: ")}{said})", remedy, ExitCode.Unavailable);
            }
        }

        return new CliException($"'kubectl {verb}' failed: {said}");
    }
}
