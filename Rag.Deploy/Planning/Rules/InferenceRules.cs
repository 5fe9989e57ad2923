using Rag.Deploy.Planning.Inference;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Models that are served here: names that the cluster takes, engines that can, and services that are told one thing and not two.</summary>
internal static class InferenceRules
{
    // Its objects are called inference-NAME, and a Service's name has 63 characters.
    private static readonly DnsLabelAttribute Name = new(40);

    public static void Check(PlanContext context, RuleFaults faults)
    {
        var told = new Dictionary<(string Service, string Section), string>();
        foreach (var (name, values) in context.Values.Inference)
        {
            var path = $"inference.{name}";
            if (!ValuesBinder.Allows(Name, name))
            {
                faults.Add(path, $"'{name}' is not allowed as a name; allowed are: {Name.ErrorMessage}.");
            }

            if (values is { Engine: InferenceEngine.Tei, Task: InferenceTask.Chat })
            {
                faults.NotAllowed($"{path}.engine", "tei", "vllm", "it serves embeddings only, and this model is for chat ('task')");
            }

            foreach (var (service, section) in InferencePlan.Clients(context, values))
            {
                if (!told.TryAdd((service, section), name))
                {
                    faults.Add($"{path}.clients", $"{service} has its {section} from '{told[(service, section)]}'; name in both which services use them ('clients', an empty map for none).");
                }
            }

            for (var i = 0; i < values.Egress.Count; i++)
            {
                ServiceRules.Egress(values.Egress[i], $"{path}.egress[{i}]", faults);
            }

            NameRules.Labels(values.NodeSelector, $"{path}.nodeSelector", faults);
            NameRules.Variables(values.Env, $"{path}.env", faults);
            foreach (var (variable, _) in values.Env.Where(static variable => variable.Value is { } text && !CredentialText.IsSetting(text) && (CredentialText.IsName(variable.Key) || CredentialText.IsInside(text))))
            {
                faults.Add($"{path}.env.{variable}", "it is a secret, and values are kept in version control; allowed is: the token of 'tokenSecret', which names a Secret.");
            }
        }
    }
}
