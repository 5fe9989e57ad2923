using System.Text.Json;
using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>
/// The <c>kubectl</c> on PATH, bound to one context and namespace. It brings what every cluster wants of its clients, credentials above all,
/// and nothing here knows more of a cluster than it does.
/// </summary>
/// <param name="program">Its path.</param>
/// <param name="context">Of the kubeconfig; null: the current one.</param>
/// <param name="kubeNamespace">Where objects without a namespace are; null: what the context says.</param>
internal sealed class Kubectl(string program, string? context, string? kubeNamespace)
{
    /// <summary>Lowest version of the client: from here on its kustomize knows components and its apply takes over what was applied otherwise.</summary>
    public const int LowestMinor = 27;

    // Objects of a namespace with hundreds of pods and their events.
    private const int MaxCharacters = 64 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public string? Namespace => kubeNamespace;

    /// <summary>The command line's way to say which: for commands that a person is told to type.</summary>
    public string Shown => string.Join(' ', ["kubectl", .. Target]);

    private IEnumerable<string> Target => [.. context is null ? (string[])[] : ["--context", context], .. kubeNamespace is null ? (string[])[] : ["-n", kubeNamespace]];

    /// <summary>Finds it.</summary>
    /// <exception cref="CliException">It is not there.</exception>
    public static Kubectl Find(CliContext context, string? clusterContext) =>
        new(FindProgram(context) ?? throw new CliException(
            "kubectl is not on PATH.", "Install it: https://kubernetes.io/docs/tasks/tools/ (any version from 1.27 on).", ExitCode.Unavailable), clusterContext, kubeNamespace: null);

    public static string? FindProgram(CliContext context) => ProgramPath.Find(context.Variable("RAG_KUBECTL") ?? "kubectl");

    public Kubectl In(string name) => new(program, context, name);

    /// <summary>Runs a command to its end.</summary>
    /// <param name="arguments">Without context and namespace.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="limit">How long it may take; null: two minutes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<ProgramResult> RunAsync(IReadOnlyList<string> arguments, string? input = null, TimeSpan? limit = null, CancellationToken cancellationToken = default) =>
        ChildProgram.CaptureAsync(
            program, [.. Target, .. arguments], Path.GetTempPath(), limit ?? Limit, input: input, maxCharacters: MaxCharacters, cancellationToken: cancellationToken);

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

    private static List<JsonElement> Items(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.TryGetProperty("items", out var items) ? [.. items.EnumerateArray().Select(static item => item.Clone())] : [document.RootElement.Clone()];
    }
}
