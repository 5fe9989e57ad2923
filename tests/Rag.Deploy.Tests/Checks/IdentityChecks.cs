using System.Text.Json.Nodes;

namespace Rag.Deploy.Tests.Checks;

/// <summary>Who a pod is in the cluster, and what it may ask of it.</summary>
internal static class IdentityChecks
{
    private const string NoRole = "no role is generated, so nothing can be granted";
    private static readonly string[] Escalation = ["bind", "escalate", "impersonate"];
    private static readonly string[] Reading = ["get", "list", "watch"];
    private static readonly string[] Entering = ["pods", "pods/exec", "pods/attach", "pods/portforward"];

    public static IReadOnlyList<Check> All { get; } =
    [
        new(25, "no token mounted", NoToken),
        new(26, "an account of its own", OwnAccount),
        new(27, "the account exists", AccountExists),
        new(28, "no deprecated name of the account", NoDeprecatedField),
        new(29, "no rule for everything", static platform => Rules(platform, static rule => !Everything(rule).Contains("*"), "it allows everything of a kind")) { NothingWhere = NoRole },
        new(30, "nobody administers the cluster", NoAdministrator) { NothingWhere = NoRole },
        new(31, "nobody reads secrets by the API", static platform => Rules(platform, static rule => !(rule.Texts("resources").Contains("secrets") && rule.Texts("verbs").Intersect(Reading).Any()), "it allows to read secrets")) { NothingWhere = NoRole },
        new(32, "nobody makes pods or enters them", static platform => Rules(platform, static rule => !(rule.Texts("resources").Intersect(Entering).Any() && rule.Texts("verbs").Contains("create")), "it allows to make pods or to enter them")) { NothingWhere = NoRole },
        new(33, "nobody gives himself rights", static platform => Rules(platform, static rule => !rule.Texts("verbs").Intersect(Escalation).Any(), "it allows to take rights of others")) { NothingWhere = NoRole },
    ];

    private static IEnumerable<Finding> NoToken(RenderedPlatform platform) =>
    [
        .. platform.Workloads.Select(static workload => Finding.Of(workload.ToString(), workload.Pod.IsFalse("automountServiceAccountToken"), "automountServiceAccountToken is not false")),
        .. platform.OfKind("ServiceAccount").Select(static account => Finding.Of($"ServiceAccount/{account.Text("metadata", "name")}", account.IsFalse("automountServiceAccountToken"), "its token is mounted by default")),
    ];

    private static IEnumerable<Finding> OwnAccount(RenderedPlatform platform)
    {
        var users = platform.Workloads.GroupBy(static workload => workload.Pod.Text("serviceAccountName") ?? "default").ToDictionary(static group => group.Key, static group => group.Count(), StringComparer.Ordinal);
        return platform.Workloads.Select(workload => Finding.Of(
            workload.ToString(), workload.Pod.Text("serviceAccountName") is { } account && account != "default" && users[account] == 1, "it shares its account"));
    }

    private static IEnumerable<Finding> AccountExists(RenderedPlatform platform) =>
        from workload in platform.Workloads
        let account = workload.Pod.Text("serviceAccountName")
        where account is not null
        select Finding.Of(workload.ToString(), platform.Find("ServiceAccount", account) is not null, $"there is no account '{account}'");

    private static IEnumerable<Finding> NoDeprecatedField(RenderedPlatform platform) =>
        platform.Workloads.Select(static workload => Finding.Of(workload.ToString(), workload.Pod["serviceAccount"] is null, "it has 'serviceAccount'"));

    private static IEnumerable<Finding> NoAdministrator(RenderedPlatform platform) => platform.OfKind("RoleBinding", "ClusterRoleBinding").Select(static binding => Finding.Of(
        $"{binding.Text("kind")}/{binding.Text("metadata", "name")}", binding.Text("roleRef", "name") is not ("cluster-admin" or "admin" or "edit"), "it gives the rights of an administrator"));

    private static IEnumerable<Finding> Rules(RenderedPlatform platform, Func<JsonObject, bool> isKept, string fault) =>
        from role in platform.OfKind("Role", "ClusterRole")
        from rule in role.Items("rules")
        select Finding.Of($"{role.Text("kind")}/{role.Text("metadata", "name")}", isKept(rule), fault);

    private static IEnumerable<string> Everything(JsonObject rule) => [.. rule.Texts("apiGroups"), .. rule.Texts("resources"), .. rule.Texts("verbs")];
}
