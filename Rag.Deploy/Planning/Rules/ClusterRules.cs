using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>The namespace, where images and secrets come from.</summary>
internal static class ClusterRules
{
    public static void Check(PlanContext context, RuleFaults faults)
    {
        var values = context.Values;
        if (values.EffectiveNamespace == "default" || values.EffectiveNamespace.StartsWith("kube-", StringComparison.Ordinal))
        {
            faults.Add(values.Namespace is null ? "name" : "namespace", $"'{values.EffectiveNamespace}' is not allowed; allowed is: a namespace of the platform's own, not beginning with 'kube-', which is the cluster's.");
        }

        if (values.Version == "latest")
        {
            faults.Add("version", "'latest' is not allowed; allowed is: a version that stays the same image.");
        }

        if (values.Images is { PullPolicy: PullPolicy.Always, Registry: "" })
        {
            faults.NotAllowed("images.pullPolicy", PullPolicy.Always, "IfNotPresent or Never", "without 'images.registry' there is nowhere to fetch the platform's own images from");
        }

        Secrets(values.Secrets, faults);
    }

    private static void Secrets(SecretValues secrets, RuleFaults faults)
    {
        switch (secrets)
        {
            case { Mode: SecretMode.Existing, Name: null }:
                faults.Add("secrets.name", "it is missing; with 'mode: existing' name the Secret that is there.");
                break;
            case { Mode: SecretMode.External, Store.Name: null }:
                faults.Add("secrets.store.name", $"it is missing; with 'mode: external' name the {secrets.Store.Kind} that is asked.");
                break;
            case { Mode: not SecretMode.External, Store.Name: not null }:
                faults.Add("secrets.store.name", "a store is asked with 'mode: external' only.");
                break;
        }
    }
}
