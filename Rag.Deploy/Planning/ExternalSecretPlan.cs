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
                    Data = [.. Keys(context).Select(key => new ExternalSecretData(key, new RemoteReference(store.Prefix + key)))],
                },
            },
            "external-secrets");
    }

    // Where a workload puts a secret into a URI, the store has to hold its percent-encoded form as well: the operator cannot make it.
    private static IEnumerable<string> Keys(PlanContext context) => context.SecretParameters.SelectMany(parameter => context.NeedsEncoded(parameter.Name)
        ? [parameter.Name, WorkloadEnvironment.SecretKey(new SecretPart(parameter.Name, UriEncodings: 1))]
        : new[] { parameter.Name });
}
