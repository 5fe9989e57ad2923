using System.IO.Enumeration;
using Rag.Deploy.AppModel;
using Rag.Deploy.AppModel.Expressions;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Monitoring;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// A workload's environment, sorted by the taint rule: what holds no secret goes into a ConfigMap; a secret becomes a file where the program
/// can read one, else a variable that the node fills from the Secret.
/// </summary>
internal sealed record WorkloadEnvironment
{
    /// <summary>Folder of the files with secrets, one for each parameter.</summary>
    public const string SecretFolder = "/run/secrets/platform";

    // What .NET listens on in plain text.
    private const string PlainPorts = "HTTP_PORTS";

    /// <summary>For the ConfigMap.</summary>
    public required Labels Config { get; init; }

    /// <summary>Variables that the node fills or puts together, in the order they need.</summary>
    public required IReadOnlyList<EnvVar> FromSecrets { get; init; }

    /// <summary>Parameters that are mounted as files.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The secrets that variables are filled from, as they are and encoded, each once.</summary>
    public required IReadOnlyList<SecretPart> Secrets { get; init; }

    /// <summary>Works it out.</summary>
    /// <exception cref="ManifestException">An expression cannot be resolved, or a secret cannot be cut out of its variable.</exception>
    public static WorkloadEnvironment Of(PlanContext context, WorkloadResource workload, WorkloadSettings settings) => Of(context, workload, settings, Merged(workload, settings));

    /// <summary>The same for some of its variables, and for a pod that sends no telemetry unless it is observed.</summary>
    /// <exception cref="ManifestException">As above.</exception>
    public static WorkloadEnvironment Of(PlanContext context, WorkloadResource workload, WorkloadSettings settings, IEnumerable<(string Name, string Text)> variables, bool isObserved = true)
    {
        var config = new Labels();
        var composed = new List<EnvVar>();
        var ingredients = new OrderedDictionary<SecretPart, EnvVar>();
        var secrets = new List<SecretPart>();
        var files = new SortedSet<string>(StringComparer.Ordinal);
        List<(string Name, string Text)> all = [.. variables];
        var taken = all.Select(static variable => variable.Name).Concat(settings.Own.SecretFiles.Values).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, text) in all)
        {
            if (!KubernetesNames.IsVariable(name))
            {
                throw new ManifestException(
                    context.Manifest.File, workload.Name, $"env.{name}: Kubernetes has no such names of variables; allowed are letters, digits, '_', '-' and '.', not beginning with a digit.",
                    "Rename it in the app host; .NET reads '__' as it reads ':'.");
            }

            var value = context.Resolver.Resolve(workload.Name, $"env.{name}", text);
            if (!value.IsSecret)
            {
                config[name] = value.Plain;
            }
            else if (settings.Own.SecretFiles.TryGetValue(name, out var fileVariable))
            {
                var (rest, secret) = SecretCut.Of(value) ?? throw new ManifestException(
                    context.Manifest.File, workload.Name, $"env.{name}: its secret cannot be mounted as a file: {value} is neither a secret alone nor a connection string with one field that is one.",
                    $"Take it out of 'services.{workload.Name}.secretFiles'; it is then given as a variable.");
                if (rest.Length > 0)
                {
                    config[name] = rest;
                }

                config[fileVariable] = $"{SecretFolder}/{secret}";
                files.Add(secret);
            }
            else if (value.Parts is [SecretPart alone])
            {
                secrets.Add(alone);
                composed.Add(FromSecret(context, name, alone));
            }
            else
            {
                foreach (var secret in value.Secrets)
                {
                    secrets.Add(secret);
                    if (!ingredients.ContainsKey(secret))
                    {
                        ingredients.Add(secret, FromSecret(context, Free(taken, Ingredient(secret)), secret));
                    }
                }

                composed.Add(new EnvVar(name) { Value = Compose(value, ingredients) });
            }
        }

        // What the app model or the values say of telemetry wins.
        foreach (var (name, value) in isObserved ? Telemetry.Config(context, workload) : [])
        {
            if (composed.TrueForAll(variable => variable.Name != name))
            {
                config.TryAdd(name, value);
            }
        }

        EnvVar[] node = !isObserved ? [] : [.. Telemetry.FromNode(context, workload).Where(variable => !config.ContainsKey(variable.Name))];
        return new WorkloadEnvironment { Config = config, FromSecrets = [.. ingredients.Values, .. composed, .. node], Files = [.. files], Secrets = [.. secrets.Distinct()] };
    }

    /// <summary>
    /// The key of the Secret under which a parameter's value is, encoded as often as its user needs. A dot is in no name of a resource: no
    /// parameter has this key for its own.
    /// </summary>
    public static string SecretKey(SecretPart secret) => SecretKey(secret, ".");

    /// <summary>The same with something else before each <c>uri</c>, where a dot may not be.</summary>
    public static string SecretKey(SecretPart secret, string separator) => secret.Parameter + string.Concat(Enumerable.Repeat(separator + "uri", secret.UriEncodings));

    /// <summary>Names and texts, expressions not yet resolved: those of the app model that the values leave in, then the values' own.</summary>
    public static IEnumerable<(string Name, string Text)> Merged(WorkloadResource workload, WorkloadSettings settings)
    {
        foreach (var (name, text) in workload.Env)
        {
            if (settings.Own.Env.ContainsKey(name) || settings.Own.OmitEnv.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)))
            {
                continue;
            }

            // TLS ends in front of the cluster's own network: there is no certificate to listen with. A project without another endpoint listens there in plain text.
            if (workload is ProjectResource && name == "HTTPS_PORTS")
            {
                if (workload.Bindings.Values.All(static binding => binding.Scheme != "http") && !workload.Env.ContainsKey(PlainPorts) && !settings.Own.Env.ContainsKey(PlainPorts))
                {
                    yield return (PlainPorts, text);
                }

                continue;
            }

            yield return (name, text);
        }

        foreach (var (name, text) in settings.Own.Env)
        {
            if (text is not null)
            {
                yield return (name, text);
            }
        }
    }

    private static EnvVar FromSecret(PlanContext context, string name, SecretPart secret) => new(name)
    {
        ValueFrom = new EnvVarSource { SecretKeyRef = secret.UriEncodings > 0 ? new KeySelector(context.SecretName, SecretKey(secret)) : Selector(context.SecretOf(secret.Parameter)) },
    };

    private static KeySelector Selector((string Secret, string Key) place) => new(place.Secret, place.Key);

    // What the app model calls so itself is something else, and two parameters may differ in what no variable's name can have.
    private static string Free(HashSet<string> taken, string name)
    {
        while (!taken.Add(name))
        {
            name += "_";
        }

        return name;
    }

    private static string Ingredient(SecretPart secret) => "SECRET_" + string.Concat(SecretKey(secret).Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    // The node replaces $(NAME) and takes $$ for a $; a $ that is followed by nothing of the kind stays as it is.
    private static string Compose(ResolvedText value, OrderedDictionary<SecretPart, EnvVar> ingredients) => string.Concat(value.Parts.Select(part => part switch
    {
        PlainPart plain => plain.Text.Replace("$", "$$", StringComparison.Ordinal),
        SecretPart secret => $"$({ingredients[secret].Name})",
        _ => "",
    }));
}
