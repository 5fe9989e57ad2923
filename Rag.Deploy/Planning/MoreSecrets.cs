using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning;

/// <summary>
/// Secrets that the values name and the app model does not have, such as the key of a model endpoint: as parameters of the app model, so that
/// whatever holds for its secrets holds for them. None of them is made up, because somebody else decides what it is.
/// </summary>
internal static class MoreSecrets
{
    public static AppManifest Add(AppManifest manifest, DeployValues values)
    {
        var resources = new OrderedDictionary<string, AppResource>(manifest.Resources, StringComparer.Ordinal);
        foreach (var name in values.Secrets.More)
        {
            resources.TryAdd(name, new ParameterResource(name, $"{{{name}.inputs.value}}")
            {
                Inputs = new(StringComparer.Ordinal) { ["value"] = new ParameterInput(Secret: true, Default: null, Generate: null) },
            });
        }

        return manifest with { Resources = resources };
    }
}
