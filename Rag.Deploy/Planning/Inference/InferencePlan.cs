using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Inference;

/// <summary>Models that are served in the cluster: their pods, who reaches them, and what the services are told about them.</summary>
internal static class InferencePlan
{
    /// <summary>Secret parameter with the key that the engines ask for. The app model may have one of the same name; else it is made here.</summary>
    public const string Key = "inference-key";

    public static IEnumerable<PlannedObject> Of(PlanContext context) =>
        context.Has(Feature.GpuInference) ? context.Values.Inference.SelectMany(pair => InferencePods.Of(context, Name(pair.Key), pair.Value)) : [];

    /// <summary>What the models' pods are called.</summary>
    public static IEnumerable<string> Names(PlanContext context) => context.Has(Feature.GpuInference) ? context.Values.Inference.Keys.Select(Name) : [];

    /// <summary>Services reach the models that they are told about, and nobody else does.</summary>
    public static IEnumerable<PlatformEdge> Edges(PlanContext context) => !context.Has(Feature.GpuInference) ? [] :
        from pair in context.Values.Inference
        from client in pair.Value.Clients.Keys
        select new PlatformEdge(context.Service($"inference.{pair.Key}.clients", client).Name, Name(pair.Key), InferencePods.Port);

    /// <summary>Where a model's pods fetch it from.</summary>
    public static IEnumerable<EgressValues> Outside(PlanContext context, string name) =>
        context.Values.Inference.Where(pair => Name(pair.Key) == name).SelectMany(static pair => pair.Value.Egress);

    /// <summary>How a service comes to use a model.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables(PlanContext context, WorkloadResource workload)
    {
        if (!context.Has(Feature.GpuInference))
        {
            yield break;
        }

        foreach (var (name, values) in context.Values.Inference)
        {
            if (!values.Clients.TryGetValue(workload.Name, out var section))
            {
                continue;
            }

            yield return new($"{section}__BaseUrl", string.Create(CultureInfo.InvariantCulture, $"http://{Name(name)}:{InferencePods.Port}/v1"));
            yield return new($"{section}__Model", values.Model);
            yield return new($"{section}__ApiKey", $"{{{Key}.value}}");
            if (values.Task == InferenceTask.Embedding)
            {
                yield return new($"{section}__Provider", "openai");
                yield return new($"{section}__Dimensions", Dimensions(name, values).ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>The app model with the engines' key among its secrets, where models are served.</summary>
    public static AppManifest WithKey(AppManifest manifest, DeployValues values)
    {
        if (values.Inference.Count == 0 || manifest.Resources.ContainsKey(Key))
        {
            return manifest;
        }

        var resources = new OrderedDictionary<string, AppResource>(manifest.Resources, StringComparer.Ordinal)
        {
            [Key] = new ParameterResource(Key, $"{{{Key}.inputs.value}}")
            {
                Inputs = new(StringComparer.Ordinal) { ["value"] = new ParameterInput(Secret: true, Default: null, new GeneratedText(32) { Special = false }) },
            },
        };
        return manifest with { Resources = resources };
    }

    /// <summary>What the pods of a model are called.</summary>
    public static string Name(string key) => $"inference-{Naming.Of(key)}";

    private static int Dimensions(string name, InferenceValues values) =>
        values.Dimensions ?? throw new ValuesException([$"inference.{name}.dimensions: it is missing; the services have to know how long the vectors of '{values.Model}' are."]);
}
