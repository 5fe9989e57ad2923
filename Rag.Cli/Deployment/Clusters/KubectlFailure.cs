using System.Text.RegularExpressions;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>What kubectl said when it failed, as one sentence and a way on.</summary>
internal static partial class KubectlFailure
{
    // What an API server says of an object stands before what is said of the way to it: the same words ("forbidden", "x509", "connection refused")
    // mean something else when it is the server, or a webhook of it, that reports them.
    private static readonly FailureSign[] Known =
    [
        // Error from server (InternalError): Internal error occurred: failed calling webhook "validate.nginx.ingress.kubernetes.io": ... x509: certificate signed by unknown authority
        new(WebhookAway(), "An admission webhook of the cluster does not answer, so the cluster takes no such objects.",
            "Whoever runs the cluster has to mend it: 'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations' shows whose it is, and its pods have to run.", ExitCode.Failed, Lasts: false),
        new(WebhookRefuses(), "An admission rule of the cluster refuses an object.", "Change in the values what the message names, or ask whoever made the rule.", ExitCode.Failed),
        // The StatefulSet "postgres" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', ... are forbidden
        new(ClaimTemplate(), "A StatefulSet's claims cannot be changed where it stands.",
            "Resize the claims, then 'kubectl delete statefulset NAME --cascade=orphan' (its pods go on), and apply again: docs/kubernetes.md, Values.", ExitCode.Failed),
        new(Immutable(), "A field cannot be changed once the object is there.", "Delete the object that is named (never a claim or a Secret), and apply again: it is made anew.", ExitCode.Failed),
        new(Quota(), "The namespace's quota has no room for it.", "Raise the quota (cluster.quota in the values, where it is the platform's own), or ask for less.", ExitCode.Failed),
        new(Terminating(), "The namespace is being deleted.", "Wait until it is gone ('kubectl get namespaces' shows it), and apply again.", ExitCode.Failed),
        new(Invalid(), "The cluster does not take an object as it is written.", "Correct in the values what the message names, and apply again.", ExitCode.Failed),

        new(NoContext(), "kubectl knows no cluster.", "'kubectl config get-contexts' lists those it knows; --context names one, KUBECONFIG another file.", ExitCode.Unavailable),
        new(UnknownContext(), "kubectl knows no such context.", "'kubectl config get-contexts' lists those it knows.", ExitCode.Unavailable),
        new(Credentials(), "The cluster did not accept the credentials.", "Sign in again as your cluster wants it; 'kubectl auth whoami' shows who you are to it.", ExitCode.Unavailable, Lasts: false),
        // Error from server (Forbidden): pods is forbidden: User "dev" cannot list resource "pods" in API group "" in the namespace "ragplatform"
        new(Rights(), "The cluster does not allow this.", "Whoever runs it has to give you the right; 'kubectl auth can-i --list' shows what you may.", ExitCode.Unavailable),
        new(Forbidden(), "The cluster refuses this.", "It is no right that is missing: a rule of the cluster says so. Change what the message names, or ask whoever runs it.", ExitCode.Failed),
        new(Overloaded(), "The cluster's API server is not well just now.", "Try again in a moment; 'kubectl get --raw /readyz?verbose' says more.", ExitCode.Unavailable, Lasts: false),

        new(Certificate(), "The cluster's certificate is not trusted.", "Its kubeconfig has to hold the cluster's authority (certificate-authority-data).", ExitCode.Unavailable),
        new(Network(), "The cluster does not answer.", "Is it running, and is this machine in its network? 'kubectl cluster-info' asks the same.", ExitCode.Unavailable, Lasts: false),
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

        var lines = (result.Error.Trim().Length > 0 ? result.Error : result.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // "E0301 12:00:00.000000  123 memcache.go:265] couldn't get current server API group list: ..." repeats itself once per attempt and is said again in the end.
        var said = lines.Where(static line => !Noise().IsMatch(line)).ToList();
        foreach (var sign in Known)
        {
            if (said.FindLast(line => sign.Line.IsMatch(line)) is { } line)
            {
                return new CliException($"{sign.What} ({(context is null ? "" : $"context {context}: ")}{line})", sign.Remedy, sign.ExitCode);
            }
        }

        return new CliException($"'kubectl {verb}' failed: {said.LastOrDefault() ?? lines.LastOrDefault() ?? $"exit code {result.ExitCode}"}");
    }

    /// <summary>Whether it is the same however often one asks. The way to a cluster breaks and mends, its server is busy for a while, tokens are renewed.</summary>
    public static bool Lasts(CliException exception) => Known.Any(sign => sign.Lasts && exception.Message.StartsWith(sign.What, StringComparison.Ordinal));

    private sealed record FailureSign(Regex Line, string What, string Remedy, int ExitCode, bool Lasts = true);

    [GeneratedRegex(@"^(Warning:|[EWI][0-9]{4} )", RegexOptions.None, 1000)]
    private static partial Regex Noise();

    [GeneratedRegex("failed calling webhook|failed to call webhook", RegexOptions.None, 1000)]
    private static partial Regex WebhookAway();

    [GeneratedRegex(@"admission webhook ""[^""]+"" denied|ValidatingAdmissionPolicy '[^']+' .*denied", RegexOptions.None, 1000)]
    private static partial Regex WebhookRefuses();

    [GeneratedRegex("updates to statefulset spec for fields other than", RegexOptions.None, 1000)]
    private static partial Regex ClaimTemplate();

    [GeneratedRegex("field is immutable", RegexOptions.None, 1000)]
    private static partial Regex Immutable();

    [GeneratedRegex("exceeded quota|failed quota", RegexOptions.None, 1000)]
    private static partial Regex Quota();

    [GeneratedRegex("being terminated", RegexOptions.None, 1000)]
    private static partial Regex Terminating();

    [GeneratedRegex(@"^The .* is invalid:|Error from server \((Invalid|BadRequest)\)", RegexOptions.None, 1000)]
    private static partial Regex Invalid();

    [GeneratedRegex("current-context must exist|no configuration has been provided|current-context is not set", RegexOptions.None, 1000)]
    private static partial Regex NoContext();

    [GeneratedRegex(@"cannot locate context|context was not found|no context exists|error: context """, RegexOptions.None, 1000)]
    private static partial Regex UnknownContext();

    [GeneratedRegex("Unauthorized|You must be logged in|the server has asked for the client to provide credentials|getting credentials", RegexOptions.None, 1000)]
    private static partial Regex Credentials();

    [GeneratedRegex(@"forbidden: User ""|forbidden: .* attempting to grant RBAC", RegexOptions.None, 1000)]
    private static partial Regex Rights();

    [GeneratedRegex(@"\(Forbidden\)|is forbidden:", RegexOptions.None, 1000)]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"^Error from server( \((Timeout|ServerTimeout|ServiceUnavailable|TooManyRequests|InternalError)\))?: ", RegexOptions.None, 1000)]
    private static partial Regex Overloaded();

    [GeneratedRegex("^(?!Error from server).*(x509|certificate)", RegexOptions.None, 1000)]
    private static partial Regex Certificate();

    [GeneratedRegex("^(?!Error from server).*(connection refused|connection reset|was refused|no such host|i/o timeout|Unable to connect|no route to host|network is unreachable|context deadline exceeded|TLS handshake timeout|Client.Timeout|: EOF$)", RegexOptions.None, 1000)]
    private static partial Regex Network();
}
