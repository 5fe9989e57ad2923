using Rag.Deploy.Planning.Network;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>The way in: every host leads somewhere, none leads to two places, and none is without TLS.</summary>
internal static class ExposureRules
{
    // The annotations of one controller by which whoever may write an Ingress writes the controller's own configuration.
    private const string Snippet = "snippet";

    public static void Check(PlanContext context, RuleFaults faults)
    {
        var exposure = context.Values.Exposure;
        if (exposure is { TlsSecret: not null, Hosts.Count: 0 })
        {
            faults.Add("exposure.tlsSecret", "there is no host that its certificate could be for; name them in 'exposure.hosts'.");
        }
        else if (exposure is { Kind: not ExposureKind.None, Hosts.Count: 0 })
        {
            faults.Add("exposure.hosts", "it is empty; name a host for each workload that is to be reached, such as rag-web: rag.example.com.");
        }

        if (exposure is { Kind: ExposureKind.Gateway, TlsSecret: not null, Hosts.Count: > 0 })
        {
            faults.NotAllowed("exposure.tlsSecret", exposure.TlsSecret, "none", "with 'kind: gateway' the Gateway's listener holds the certificate");
        }

        Hosts(context, exposure, faults);
        foreach (var key in exposure.Annotations.Keys.Where(static key => key.Contains(Snippet, StringComparison.OrdinalIgnoreCase)))
        {
            faults.Add($"exposure.annotations.{key}", "a snippet becomes part of the controller's own configuration; allowed are: annotations that only name values.");
        }
    }

    private static void Hosts(PlanContext context, ExposureValues exposure, RuleFaults faults)
    {
        var first = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, host) in exposure.Hosts)
        {
            var path = $"exposure.hosts.{name}";
            var workload = context.Services.FirstOrDefault(service => service.Name == name);
            if (workload is null)
            {
                faults.Unknown(path, "workload", context.Services.Select(static service => service.Name));
            }
            else if (ExposurePlan.Endpoint(workload) is null)
            {
                faults.Add(path, "the app model gives it no external HTTP endpoint; it would have to say WithExternalHttpEndpoints().");
            }

            if (!first.TryAdd(host, name))
            {
                faults.NotAllowed(path, host, "another host", $"'{first[host]}' has it");
            }
        }
    }
}
