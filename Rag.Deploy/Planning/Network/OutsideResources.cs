using System.Text.RegularExpressions;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Planning.Network;

/// <summary>Resources outside of the app model that a workload refers to. Where they are nobody knows here: the values say what its policy lets it reach.</summary>
internal static partial class OutsideResources
{
    public static IEnumerable<string> Notices(PlanContext context) => !context.Has(Feature.NetworkPolicies) ? [] : context.Services
        .Where(service => WorkloadSettings.For(context, service).Own.Egress.Count == 0)
        .SelectMany(service =>
        {
            var settings = WorkloadSettings.For(context, service);
            return WorkloadEnvironment.Merged(service, settings).Select(static variable => (Place: $"env.{variable.Name}", variable.Text, IsAddress: Address().IsMatch(variable.Name)))
                .Concat(settings.Args.Select(static (text, i) => (Place: $"args[{i}]", Text: text, IsAddress: false)))
                .SelectMany(one => context.Resolver.Outside(one.Text, one.IsAddress).Select(parameter => (parameter.Name, one.Place)))
                .DistinctBy(static found => found.Name)
                .Select(found => $"'{service.Name}' refers to '{found.Name}' ({found.Place}), which is outside of the platform, and its network policy lets it reach nothing there: "
                    + $"say in 'services.{service.Name}.egress' of the values where that is, such as [ {{ cidr: 203.0.113.0/24, ports: [ 443 ] }} ].");
        });

    [GeneratedRegex("(host|hostname|server|servers|address|addr|endpoint|url|uri|brokers)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Address();
}
