using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>Scaling by KEDA with what waits in a table: processor load says how busy the workers are, not how long the queue is.</summary>
internal static class QueueScalingPlan
{
    private const string File = "keda";
    private const string Component = "service";

    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        if (!context.Has(Feature.Keda))
        {
            yield break;
        }

        foreach (var service in context.Services)
        {
            if (WorkloadSettings.For(context, service) is not { QueueScaling: { } values, Own.Queue: { } queue })
            {
                continue;
            }

            var store = context.Store(queue.Store)!;
            var name = Naming.Of(service.Name);
            var (secret, key) = context.SecretOf(StorePlan.Password(context, store));
            yield return new PlannedObject(
                new TriggerAuthentication
                {
                    Metadata = context.Names.Meta(name, Component),
                    Spec = new TriggerAuthenticationSpec([new SecretTarget("password", secret, key)]),
                },
                File);
            yield return new PlannedObject(Scaled(context, name, values, queue, store), File);
        }
    }

    private static ScaledObject Scaled(PlanContext context, string name, QueueScalingValues values, QueueValues queue, StoreResource store) => new()
    {
        Metadata = context.Names.Meta(name, Component),
        Spec = new ScaledObjectSpec
        {
            ScaleTargetRef = new ScaleTarget("apps/v1", "Deployment", name),
            MinReplicaCount = values.Min,
            MaxReplicaCount = values.Max,
            PollingInterval = values.PollingSeconds,
            CooldownPeriod = values.CooldownSeconds,
            Triggers =
            [
                new ScaleTrigger("postgresql", new Labels
                {
                    // KEDA asks from its own namespace, where the short name means nothing.
                    ["host"] = store.Values.Mode == StoreMode.External ? store.Values.Host! : $"{Naming.Of(store.Name)}.{context.Values.EffectiveNamespace}.svc",
                    ["port"] = Addresses.ServicePort(context.Manifest.File, store.Container, store.Container.Bindings.GetAt(0).Key).ToString(CultureInfo.InvariantCulture),
                    ["userName"] = PostgresPlan.User(context, store),
                    ["dbName"] = queue.Database,
                    ["sslmode"] = SslMode(context, store),
                    ["query"] = queue.Query,
                    ["targetQueryValue"] = values.PerPod.ToString(CultureInfo.InvariantCulture),
                })
                {
                    AuthenticationRef = new LocalObjectReference(name),
                },
            ],
        },
    };

    // KEDA knows the public authorities and none of one's own.
    private static string SslMode(PlanContext context, StoreResource store) => store.Values switch
    {
        { Mode: StoreMode.Bundled } => "disable",
        { Tls: true } when context.Values.Trust is null => "verify-full",
        _ => "require",
    };
}
