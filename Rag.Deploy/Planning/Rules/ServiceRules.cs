using System.Net;
using System.Text.RegularExpressions;
using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Health, shutdown, variables and ways out of a workload.</summary>
internal static partial class ServiceRules
{
    // What nodes give a pod at the most on a drain that a person waits for; beyond it tools kill the pod all the same.
    private const int LongestGraceSeconds = 3600;

    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var workload in context.Services)
        {
            var settings = WorkloadSettings.For(context, workload);
            var path = $"services.{workload.Name}";
            Probes(workload, settings.Probes, $"{path}.probes", faults);
            Shutdown(settings.Shutdown, $"{path}.shutdown", faults);
            Variables(context, workload, settings, path, faults);
            Tolerations(settings.Own.Tolerations, $"{path}.tolerations", faults);
            for (var i = 0; i < settings.Own.Egress.Count; i++)
            {
                Egress(settings.Own.Egress[i], $"{path}.egress[{i}]", faults);
            }
        }
    }

    /// <summary>A range whose address is its first one; anything else is a slip, and the API refuses some of them.</summary>
    public static void Range(string? cidr, string path, RuleFaults faults)
    {
        // The parser takes any address of the range and goes on with the first one.
        if (cidr is not null && !(IPNetwork.TryParse(cidr, out var range) && range.ToString() == cidr))
        {
            faults.Add(path, $"'{cidr}' is not allowed; allowed is: a range that begins with its first address, such as 203.0.113.0/24.");
        }
    }

    private static void Probes(WorkloadResource workload, ProbeValues probes, string path, RuleFaults faults)
    {
        if (probes.Endpoint is { } endpoint && !workload.Bindings.ContainsKey(endpoint))
        {
            faults.Unknown($"{path}.endpoint", "endpoint", workload.Bindings.Keys);
        }
        else if (probes.Kind != ProbeKind.None && workload.Bindings.Count == 0 && faults.Places.IsOwn($"{path}.kind"))
        {
            faults.NotAllowed($"{path}.kind", ValuesBinder.EnumText(probes.Kind), "none", "the app model gives it no endpoint that could be asked");
        }

        if (probes.Kind == ProbeKind.Http && probes.Liveness == probes.Readiness)
        {
            faults.NotAllowed($"{path}.liveness", probes.Liveness, "another path", "readiness is asked there: a dependency that is away would restart every pod");
        }
    }

    private static void Shutdown(ShutdownValues shutdown, string path, RuleFaults faults)
    {
        var grace = WorkloadSettings.GraceSeconds(shutdown);
        if (grace > LongestGraceSeconds)
        {
            faults.NotAllowed(
                $"{path}.timeoutSeconds", shutdown.TimeoutSeconds, $"1 to {shutdown.TimeoutSeconds - (grace - LongestGraceSeconds)}", $"the delay of {shutdown.DelaySeconds} s comes on top, and a pod has {LongestGraceSeconds} s in all");
        }
    }

    private static void Variables(PlanContext context, WorkloadResource workload, WorkloadSettings settings, string path, RuleFaults faults)
    {
        Told(settings.Shutdown.TimeoutVariable, "shutdown.timeoutSeconds");
        Told(settings.Shutdown.DelayVariable, "shutdown.delaySeconds");
        Told(settings.Own.Pool?.Variable ?? "", "pool.size");
        foreach (var (name, text) in settings.Own.Env.Where(variable => variable.Value is not null && faults.Places.IsOwn($"{path}.env.{variable.Key}")))
        {
            Variable(context, workload, name, text!, $"{path}.env.{name}", faults);
        }

        var names = WorkloadEnvironment.Merged(workload, settings).Select(static variable => variable.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in settings.Own.SecretFiles.Keys.Where(name => faults.Places.IsOwn($"{path}.secretFiles.{name}") && !names.Contains(name)))
        {
            faults.Add($"{path}.secretFiles.{name}", "it has no such variable that a secret could be cut out of.");
        }

        void Told(string variable, string value)
        {
            if (variable.Length > 0 && settings.Own.Env.ContainsKey(variable))
            {
                faults.Add($"{path}.env.{variable}", $"the program is told this by '{value}'; allowed is: one of both.");
            }
        }
    }

    private static void Variable(PlanContext context, WorkloadResource workload, string name, string text, string path, RuleFaults faults)
    {
        try
        {
            var value = context.Resolver.Resolve(workload.Name, $"env.{name}", text);
            if (!value.IsSecret && (CredentialName().IsMatch(name) ? text.Length > 0 : Credential().IsMatch(text)))
            {
                // Without the value: whoever reads the message may be somebody else.
                faults.Add(path, "it looks like a credential, and values are kept in version control; allowed is: a secret parameter of the app model ({name.value}), whose value comes from where 'secrets' says.");
            }
        }
        catch (ManifestException exception)
        {
            faults.Add(path, $"it cannot be resolved against the app model: {exception.Message}");
        }
    }

    // Rag__Chat__ApiKey, Smtp__Password; not Rag__Chat__ApiKeyFile, and not Rag__Chat__MaxTokens.
    [GeneratedRegex("(password|passwd|secret|token|api_?key|access_?key)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CredentialName();

    [GeneratedRegex("(password|pwd|accountkey|sharedaccesskey)=[^;,]|://[^/@: ]+:[^/@ ]+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Credential();

    private static void Tolerations(IReadOnlyList<TolerationValues> tolerations, string path, RuleFaults faults)
    {
        for (var i = 0; i < tolerations.Count; i++)
        {
            switch (tolerations[i])
            {
                case { Operator: "Exists", Value: { } value }:
                    faults.NotAllowed($"{path}[{i}].value", value, "none", "with the operator Exists any value is tolerated");
                    break;
                case { Operator: "Equal", Key: null }:
                    faults.Add($"{path}[{i}].key", "it is missing; the operator Equal compares the value of a key.");
                    break;
            }
        }
    }

    private static void Egress(EgressValues egress, string path, RuleFaults faults)
    {
        Range(egress.Cidr, $"{path}.cidr", faults);
        foreach (var port in egress.Ports.GroupBy(static port => port).Where(static group => group.Count() > 1).Select(static group => group.Key))
        {
            faults.Add($"{path}.ports", $"port {port} is named twice; allowed is: each once.");
        }
    }
}
