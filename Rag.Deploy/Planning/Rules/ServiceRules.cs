using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Rag.Deploy.AppModel;
using Rag.Deploy.AppModel.Expressions;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Health, shutdown, variables and ways out of a workload.</summary>
internal static partial class ServiceRules
{
    // What nodes give a pod at the most on a drain that a person waits for; beyond it tools kill the pod all the same.
    private const int LongestGraceSeconds = 3600;

    // .NET's section of them, as the app host writes it.
    private const string ConnectionStrings = "ConnectionStrings__";

    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var workload in context.Services)
        {
            var settings = WorkloadSettings.For(context, workload);
            var path = $"services.{workload.Name}";
            Probes(workload, settings.Probes, $"{path}.probes", faults);
            Shutdown(settings.Shutdown, $"{path}.shutdown", faults);
            Variables(workload, settings, path, faults);
            Arguments(workload, settings, path, faults);
            Credentials(context, workload, settings, path, faults);
            if (settings.Own.WaitFor is not null && faults.Places.IsOwn($"{path}.waitFor") && WaitPlan.Targets(context, workload).Count == 0)
            {
                faults.Add($"{path}.waitFor", "neither its variables nor its arguments lead to an endpoint of TCP that it could wait for.");
            }

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

    /// <summary>Ports of a network policy, which takes no port for every port.</summary>
    public static void Ports(IReadOnlyList<int> ports, string path, RuleFaults faults)
    {
        if (ports.Count == 0)
        {
            faults.Add(path, "it is empty, which would allow every port; allowed is: the ports that are used.");
        }

        foreach (var port in ports.GroupBy(static port => port).Where(static group => group.Count() > 1).Select(static group => group.Key))
        {
            faults.Add(path, $"port {port} is named twice; allowed is: each once.");
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

    private static void Variables(WorkloadResource workload, WorkloadSettings settings, string path, RuleFaults faults)
    {
        Told(settings.Shutdown.TimeoutVariable, "shutdown.timeoutSeconds");
        Told(settings.Shutdown.DelayVariable, "shutdown.delaySeconds");
        Told(settings.Own.Pool?.Variable ?? "", "pool.size");
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

    // $(NAME) without such a variable reaches the program as it is written.
    private static void Arguments(WorkloadResource workload, WorkloadSettings settings, string path, RuleFaults faults)
    {
        var names = WorkloadEnvironment.Merged(workload, settings).Select(static variable => variable.Name).ToList();
        for (var i = 0; i < settings.Own.Args?.Count; i++)
        {
            foreach (Match reference in VariableReference().Matches(settings.Own.Args[i]))
            {
                if (!names.Contains(reference.Groups["name"].Value))
                {
                    faults.Unknown(string.Create(CultureInfo.InvariantCulture, $"{path}.args[{i}]"), $"variable as '{reference.Value}' names", names);
                }
            }
        }
    }

    // Not $$(NAME), which stands for $(NAME).
    [GeneratedRegex(@"(?<!\$)(\$\$)*\$\((?<name>[-._A-Za-z][-._A-Za-z0-9]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VariableReference();

    // Values are kept in version control, and what stands in them becomes a ConfigMap and part of a chart.
    private static void Credentials(PlanContext context, WorkloadResource workload, WorkloadSettings settings, string path, RuleFaults faults)
    {
        foreach (var (name, text) in settings.Own.Env)
        {
            if (text is null || Resolved(context, workload, name, text, path, faults) is not { IsSecret: false, Plain: var literal } || CredentialText.IsSetting(literal))
            {
                continue;
            }

            // A connection string may be without one; anything else of which 'secretFiles' says that it is a secret is one as a whole.
            var isSecret = CredentialText.IsName(name)
                || CredentialText.IsInside(literal)
                || (settings.Own.SecretFiles.ContainsKey(name) && (!name.StartsWith(ConnectionStrings, StringComparison.Ordinal) || CredentialText.IsField(literal)));
            if (isSecret)
            {
                faults.Add(
                    $"{path}.env.{name}",
                    "it is a secret, and values are kept in version control; allowed is: an expression. Name the secret in 'secrets.more', such as [ model-key ], and write \"{model-key.value}\" here; its value then stands where all secrets of the environment do.");
            }
        }
    }

    private static ResolvedText? Resolved(PlanContext context, WorkloadResource workload, string name, string text, string path, RuleFaults faults)
    {
        try
        {
            return context.Resolver.Resolve(workload.Name, $"env.{name}", text);
        }
        catch (ManifestException exception)
        {
            faults.Add($"{path}.env.{name}", $"it cannot be resolved against the app model: {exception.Message}{(exception.Remedy is { } remedy ? $" {remedy}" : "")}");
            return null;
        }
    }

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

    /// <summary>A way out.</summary>
    public static void Egress(EgressValues egress, string path, RuleFaults faults)
    {
        Range(egress.Cidr, $"{path}.cidr", faults);
        switch (egress)
        {
            case { Cidr: null, Namespace: null }:
                faults.Add($"{path}.cidr", "it is missing; name a range of addresses, or a 'namespace' of the cluster.");
                break;
            case { Cidr: not null, Namespace: not null }:
                faults.Add($"{path}.namespace", "'cidr' is given as well; allowed is: one of both.");
                break;
            case { Namespace: null, Pods.Count: > 0 }:
                faults.Add($"{path}.pods", "pods are chosen in a 'namespace' only.");
                break;
        }

        foreach (var (key, value) in egress.Pods.Where(static label => !KubernetesNames.IsLabelKey(label.Key) || !KubernetesNames.IsLabelValue(label.Value)))
        {
            faults.Add($"{path}.pods.{key}", $"'{value}' is not allowed; Kubernetes' labels are: {KubernetesNames.LabelKey}, and as values {KubernetesNames.LabelValue}.");
        }

        Ports(egress.Ports, $"{path}.ports", faults);
    }
}
