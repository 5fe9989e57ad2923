using Rag.Deploy.AppModel;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Rules;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;
using Rag.Deploy.Writing.Helm;

namespace Rag.Deploy;

/// <summary>Everything that one app model and its values become, written into a folder: all of it, or nothing where anything is wrong.</summary>
public static class Generation
{
    /// <summary>Generates.</summary>
    /// <param name="manifest">The app model.</param>
    /// <param name="values">Of every environment.</param>
    /// <param name="folder">Where to; what lies there and was not generated is left alone.</param>
    /// <exception cref="DeployException">Manifest or values cannot be deployed; nothing was written.</exception>
    public static GenerationResult Write(AppManifest manifest, EnvironmentValues values, string folder)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ValueRules.Require(values.Environments.Values.Select(environment => new PlanContext(manifest, environment, Planner.Features(environment))));
        var plans = Plans(manifest, values);
        var claims = ClaimRecord.Of(manifest, plans);
        ClaimRecord.RequireGrowth(values, ClaimRecord.Read(folder), claims);
        var tree = KustomizeTree.Of(manifest, values.Common, values.Environments);
        tree.Files.Add("values.schema.json", ValuesSchema.Text());
        tree.Files.Add(ClaimRecord.File, claims.Text());
        foreach (var (name, environment) in values.Environments)
        {
            foreach (var (path, text) in HelmChart.Of(plans[name], environment))
            {
                tree.Files.Add($"helm/{name}/{path}", text);
            }
        }

        // Whoever keeps the tree under version control must not keep the secrets there.
        tree.Files.Add(".gitignore", $"{KustomizeTree.SecretsFile}\n");

        var secrets = values.Environments
            .Where(static environment => environment.Value.Secrets.Mode == SecretMode.Generated)
            .Select(environment => Secrets(manifest, environment.Key, environment.Value, folder))
            .ToList();
        var (written, removed) = TreeWriter.Write(tree, folder);
        secrets.ForEach(static file => SecretsFile.Write(file.Path, file.Text));
        return new GenerationResult(
            tree.Files.Count,
            written.Count,
            removed.Count,
            [.. values.Environments.Select(environment => new GeneratedEnvironment(
                environment.Key,
                plans[environment.Key].Objects.Count,
                secrets.Find(file => file.Name == environment.Key).Missing ?? [],
                secrets.Exists(file => file.Name == environment.Key && file.IsNew)))],
            [.. plans.Values.SelectMany(static plan => plan.Notices).Distinct()]);
    }

    // Some faults show only while an environment is planned; those of all environments are told together.
    private static Dictionary<string, PlatformPlan> Plans(AppManifest manifest, EnvironmentValues values)
    {
        var plans = new Dictionary<string, PlatformPlan>(StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (var (name, environment) in values.Environments)
        {
            try
            {
                plans.Add(name, Planner.Plan(manifest, environment, Planner.Features(environment)));
            }
            catch (ValuesException exception)
            {
                faults.AddRange(exception.Faults);
            }
        }

        return faults.Count > 0 ? throw new ValuesException([.. faults.Distinct()]) : plans;
    }

    private static (string Name, string Path, string Text, IReadOnlyList<string> Missing, bool IsNew) Secrets(AppManifest manifest, string name, DeployValues values, string folder)
    {
        var path = Path.Combine(folder, "overlays", name, KustomizeTree.SecretsFile);
        var isNew = !File.Exists(path);
        var (text, missing) = SecretsFile.Complete(manifest, values, isNew ? null : File.ReadAllText(path));
        return (name, path, text, missing, isNew);
    }
}

/// <summary>What was generated.</summary>
/// <param name="Files">All files of the tree.</param>
/// <param name="Written">Those that are new or changed.</param>
/// <param name="Removed">Those that an earlier run wrote and nothing writes any more.</param>
/// <param name="Environments">One for each overlay.</param>
/// <param name="Notices">What nothing is generated for, in words.</param>
public sealed record GenerationResult(int Files, int Written, int Removed, IReadOnlyList<GeneratedEnvironment> Environments, IReadOnlyList<string> Notices);

/// <summary>One overlay.</summary>
/// <param name="Name">Of the environment.</param>
/// <param name="Objects">Objects that it renders, the Secret not counted.</param>
/// <param name="MissingSecrets">Parameters that only a person can fill in.</param>
/// <param name="HasNewSecrets">Whether its secrets were made up just now: a platform that runs already knows others.</param>
public sealed record GeneratedEnvironment(string Name, int Objects, IReadOnlyList<string> MissingSecrets, bool HasNewSecrets);
