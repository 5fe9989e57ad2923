using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Inference;
using Rag.Deploy.Planning.Jobs;
using Rag.Deploy.Planning.Monitoring;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Planning.Originals;
using Rag.Deploy.Planning.Rules;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning;

/// <summary>From an app model and values to Kubernetes objects: a pure function, so that equal input is equal output.</summary>
public static class Planner
{
    /// <summary>Plans everything.</summary>
    /// <param name="manifest">The app model.</param>
    /// <param name="values">What the app model does not say.</param>
    /// <param name="features">The parts that are planned; <see cref="Features(DeployValues)"/> are those that the values ask for.</param>
    /// <exception cref="ManifestException">The manifest cannot be deployed.</exception>
    /// <exception cref="ValuesException">The values do not fit the manifest, or one another.</exception>
    public static PlatformPlan Plan(AppManifest manifest, DeployValues values, IReadOnlySet<Feature> features)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(features);
        var context = new PlanContext(manifest, values, features);
        // A base and its components are planned out of a part of what is asked for; their environments keep the rules.
        var isWhole = features.SetEquals(Features(values));
        if (isWhole)
        {
            ValueRules.Require([context]);
        }

        var objects = new List<PlannedObject>
        {
            NamespacePlan.Namespace(context),
        };
        objects.AddRange(NamespacePlan.Limits(context));
        objects.AddRange(context.Stores.SelectMany(store => StorePlan.Of(context, store)));
        objects.AddRange(MigrationPlan.Of(context));
        objects.AddRange(InferencePlan.Of(context));
        objects.AddRange(OriginalsPlan.Of(context));
        objects.AddRange(context.Services.SelectMany(service => ServicePlan.Of(context, service)));
        objects.AddRange(BackupPlan.Of(context));
        objects.AddRange(QueueScalingPlan.Of(context));
        objects.AddRange(ExposurePlan.Of(context));
        objects.AddRange(ExternalSecretPlan.Of(context));
        objects.AddRange(MonitoringPlan.Of(context));
        objects.AddRange(NetworkPolicyPlan.Of(context));
        objects.AddRange(ApiJobs.Of(context));
        objects.AddRange(PersistentVolumePlan.Of(context, objects));
        objects = [.. objects.Select(planned => PodReview.Of(context, planned))];
        if (isWhole)
        {
            PlanRules.Require(context, objects);
            ImageBuilds.RequireSound(context);
            UnusedExpressions.RequireSound(context);
        }

        return new PlatformPlan(
            objects,
            [
                .. manifest.Notices, .. StoreModel.Notices(context), .. OriginalsPlan.Notices(context), .. ImageBuilds.Notices(context), .. OutsideResources.Notices(context),
                .. PlainCredentials.Notices(context), .. SharedVolumes.Notices(context), .. PodReview.Notices(objects),
            ]);
    }

    /// <summary>What the values ask for.</summary>
    public static IReadOnlySet<Feature> Features(DeployValues values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var features = new SortedSet<Feature>();
        Ask(Feature.NetworkPolicies, values.Network.Policies);
        Ask(Feature.Ingress, values.Exposure.Kind == ExposureKind.Ingress);
        Ask(Feature.Gateway, values.Exposure.Kind == ExposureKind.Gateway);
        Ask(Feature.Keda, values.Services.Values.Any(static service => service.QueueScaling is not null));
        Ask(Feature.ExternalSecrets, values.Secrets.Mode == SecretMode.External);
        Ask(Feature.Backup, values.Stores.Values.Any(static store => store.Backup is not null));
        Ask(Feature.GpuInference, values.Inference.Count > 0);
        Ask(Feature.SmokeTest, values.SmokeTest is not null);
        Ask(Feature.LoadTest, values.LoadTest is not null);
        Ask(Feature.Monitoring, values.Monitoring.Mode != MonitoringMode.None);
        return features;

        void Ask(Feature feature, bool wanted)
        {
            if (wanted)
            {
                features.Add(feature);
            }
        }
    }
}
