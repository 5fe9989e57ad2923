using System.Text.Json;
using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>
/// The <c>kubectl</c> on PATH, bound to one context and namespace. It brings what every cluster wants of its clients, credentials above all,
/// and nothing here knows more of a cluster than it does.
/// </summary>
/// <param name="program">Its path.</param>
/// <param name="workingDirectory">Where it runs: relative paths in KUBECONFIG start there, as they do for a person who types kubectl.</param>
/// <param name="context">Of the kubeconfig; null: the current one.</param>
/// <param name="kubeNamespace">Where objects without a namespace are; null: what the context says.</param>
/// <param name="isInPod">Whether this program runs in a pod, whose account kubectl takes where it has no configuration.</param>
internal sealed class Kubectl(string program, string workingDirectory, string? context, string? kubeNamespace, bool isInPod = false)
{
    /// <summary>Lowest version of the client: from here on its kustomize knows components and its apply takes over what was applied otherwise.</summary>
    public const int LowestMinor = 27;

    // Objects of a namespace with hundreds of pods and their events.
    private const int MaxCharacters = 64 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public string? Namespace => kubeNamespace;

    /// <summary>Whether the pod's account serves: nobody named a context, and there is a pod.</summary>
    public bool MayUsePodAccount => isInPod && context is null;

    /// <summary>The command line's way to say which: for commands that a person is told to type.</summary>
    public string Shown => string.Join(' ', ["kubectl", .. Target]);

    private IEnumerable<string> Target => [.. context is null ? (string[])[] : ["--context", context], .. kubeNamespace is null ? (string[])[] : ["-n", kubeNamespace]];

    /// <summary>Finds it.</summary>
    /// <exception cref="CliException">It is not there.</exception>
    public static Kubectl Find(CliContext context, string? clusterContext) =>
        new(FindProgram(context) ?? throw new CliException(
            "kubectl is not on PATH.", "Install it: https://kubernetes.io/docs/tasks/tools/ (any version from 1.27 on).", ExitCode.Unavailable), context.WorkingDirectory, clusterContext, kubeNamespace: null, isInPod: context.Variable("KUBERNETES_SERVICE_HOST") is not null);

    public static string? FindProgram(CliContext context) => ProgramPath.Find(context.Variable("RAG_KUBECTL") ?? "kubectl");

    public Kubectl In(string name) => new(program, workingDirectory, context, name, isInPod);

    /// <summary>Runs a command to its end.</summary>
    /// <param name="arguments">Without context and namespace.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="limit">How long it may take; null: two minutes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">It said more than is read; half an answer is none.</exception>
    public async Task<ProgramResult> RunAsync(IReadOnlyList<string> arguments, string? input = null, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        var result = await ChildProgram.CaptureAsync(
            program, [.. Target, .. arguments], workingDirectory, limit ?? Limit, input: input, maxCharacters: MaxCharacters, cancellationToken: cancellationToken);
        return result.IsCut
            ? throw new CliException($"'kubectl {arguments[0]}' answers with more than {MaxCharacters >> 20} Mi characters, which are not read.", "Are there thousands of pods or events in the namespace? 'kubectl get pods' shows them.")
            : result;
    }

    /// <summary>Runs a command whose failure ends everything.</summary>
    /// <exception cref="CliException">It failed; the message says in words what kubectl said.</exception>
    public async Task<string> RequireAsync(IReadOnlyList<string> arguments, string? input = null, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        var result = await RunAsync(arguments, input, limit, cancellationToken);
        return result.Succeeded ? result.Output : throw KubectlFailure.Of(result, arguments[0], context);
    }

    /// <summary>Objects of several types at once; each of them has to be known to the server.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string types, CancellationToken cancellationToken) =>
        Items(await RequireAsync(["get", types, "-o", "json"], cancellationToken: cancellationToken));

    /// <summary>Objects that one may not be allowed to see, or whose type the server may not know: null then.</summary>
    public async Task<IReadOnlyList<JsonElement>?> TryListAsync(string types, CancellationToken cancellationToken)
    {
        var result = await RunAsync(["get", types, "-o", "json"], cancellationToken: cancellationToken);
        return result.Succeeded ? Items(result.Output) : null;
    }

    /// <summary>The objects of a list.</summary>
    public static List<JsonElement> Items(string json) => KubectlAnswer.Read("get", json, static root =>
        root.TryGetProperty("items", out var items) ? items.EnumerateArray().Select(static item => item.Clone()).ToList() : [root.Clone()]);
}
