using Rag.Deploy.AppModel;
using Rag.Deploy.Secrets;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Credentials that the app model has as plain text. What the values say is refused where it is one; what an app host says may be somebody else's, and
/// a name proves nothing, so it is deployed as it is and told.
/// </summary>
internal static class PlainCredentials
{
    public static IEnumerable<string> Notices(PlanContext context) =>
        from service in context.Services
        let own = WorkloadSettings.For(context, service).Own.Env
        from variable in WorkloadEnvironment.Merged(service, WorkloadSettings.For(context, service))
        where !own.ContainsKey(variable.Name) && IsPlain(context, service, variable.Name, variable.Text)
        select $"'{service.Name}' gets a credential that the app model has as plain text (env.{variable.Name}): whoever may read a ConfigMap reads it. "
            + $"Make it a secret parameter of the app host, or name one in 'secrets.more' and in 'services.{service.Name}.env.{variable.Name}'.";

    private static bool IsPlain(PlanContext context, WorkloadResource service, string name, string text) =>
        context.Resolver.Resolve(service.Name, $"env.{name}", text) is { IsSecret: false, Plain: var plain }
        && !CredentialText.IsSetting(plain)
        && (CredentialText.IsName(name) || CredentialText.IsInside(plain));
}
