using Rag.Deploy.AppModel.Expressions;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Planning;

/// <summary>The platform's Secret, made by the External Secrets operator out of a store: one entry of the store for each secret parameter.</summary>
internal static class ExternalSecretPlan
{
    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        if (!context.Has(Feature.ExternalSecrets))
        {
            yield break;
        }

        var store = context.Values.Secrets.Store;
        yield return new PlannedObject(
            new ExternalSecret
            {
                Metadata = context.Names.Meta(context.Values.Name, "platform", context.SecretName),
                Spec = new ExternalSecretSpec
                {
                    RefreshInterval = store.Refresh,
                    SecretStoreRef = new SecretStoreReference(store.Name!, store.Kind),
                    Target = new ExternalSecretTarget(context.SecretName, "Owner"),
                    Data = [.. Keys(context).Select(entry => new ExternalSecretData(entry.Key, new RemoteReference(store.Prefix + entry.Entry)))],
                },
            },
            "external-secrets");
    }

    // Where a workload puts a secret into a URI, the store has to hold its percent-encoded form as well: the operator cannot make it.
    private static IEnumerable<(string Key, string Entry)> Keys(PlanContext context)
    {
        var encoded = context.EncodedSecrets();
        var names = context.SecretParameters.Select(static parameter => parameter.Name).ToHashSet(StringComparer.Ordinal);
        return context.SecretParameters.SelectMany(parameter => encoded[parameter.Name]
            .Select(secret => (WorkloadEnvironment.SecretKey(secret), Entry(secret, names)))
            .Prepend((parameter.Name, parameter.Name)));
    }

    // Not every store may have a dot in a name (Azure's and Google's may not). No resource's name has two hyphens side by side.
    private static string Entry(SecretPart secret, HashSet<string> names) =>
        WorkloadEnvironment.SecretKey(secret, "-") is var entry && !names.Contains(entry) ? entry : WorkloadEnvironment.SecretKey(secret, "--");
}
