using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Jobs;

/// <summary>
/// Jobs that use the API as its users do, by the command line's image: the smoke test, which is wanted after each change, and the load test, which nobody wants to
/// run because something was applied.
/// </summary>
internal static class ApiJobs
{
    /// <summary>What the image of the command line is called among the values of images.</summary>
    public const string Image = "rag-cli";

    private const string SmokeTest = "smoke-test";
    private const string LoadTest = "load-test";
    private const string Component = "test";

    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        var smoke = context.Has(Feature.SmokeTest) && context.Values.SmokeTest is { } smokeValues
            ? JobPods.Job(
                context, SmokeTest, Component, SmokeTest, Template(context, SmokeTest, "smokeTest", smokeValues.Service, smokeValues.Key, ["smoke", "--wait", smokeValues.Wait]),
                new JobSettings(2, smokeValues.DeadlineSeconds, smokeValues.KeepSeconds))
            : [];
        // One try: a second one would measure again and hide what the first one found.
        var load = context.Has(Feature.LoadTest) && context.Values.LoadTest is { } loadValues
            ? JobPods.OnRequest(
                context, LoadTest, Component, LoadTest, Template(context, LoadTest, "loadTest", loadValues.Service, loadValues.Key, ["load", .. Arguments(loadValues)]),
                new JobSettings(0, loadValues.DeadlineSeconds, loadValues.KeepSeconds))
            : [];
        return smoke.Concat(load);
    }

    /// <summary>The jobs' way to the API.</summary>
    public static IEnumerable<PlatformEdge> Edges(PlanContext context)
    {
        if (context.Has(Feature.SmokeTest) && context.Values.SmokeTest is { } smoke)
        {
            yield return Edge(context, SmokeTest, "smokeTest", smoke.Service);
        }

        if (context.Has(Feature.LoadTest) && context.Values.LoadTest is { } load)
        {
            yield return Edge(context, LoadTest, "loadTest", load.Service);
        }
    }

    private static PlatformEdge Edge(PlanContext context, string name, string place, string serviceName)
    {
        var service = context.Service($"{place}.service", serviceName);
        return new PlatformEdge(name, service.Name, Addresses.TargetPort(context.Manifest.File, service, Endpoint(context, place, service)));
    }

    private static PodTemplateSpec Template(PlanContext context, string name, string place, string serviceName, string key, IReadOnlyList<string> arguments)
    {
        var service = context.Service($"{place}.service", serviceName);
        if (context.SecretParameters.All(parameter => parameter.Name != key))
        {
            throw context.Fault($"{place}.key", $"'{key}' is no secret parameter of the app model; there are: {string.Join(", ", context.SecretParameters.Select(static parameter => parameter.Name))}.");
        }

        var endpoint = Endpoint(context, place, service);
        var url = string.Create(CultureInfo.InvariantCulture, $"http://{Naming.Of(service.Name)}:{Addresses.ServicePort(context.Manifest.File, service, endpoint)}");
        var template = JobPods.Template(
            context,
            name,
            Component,
            new Container
            {
                Name = name,
                Image = context.BuiltImage(Image),
                ImagePullPolicy = "",
                Args = [arguments[0], url, "--key-file", $"{WorkloadEnvironment.SecretFolder}/{key}", .. arguments.Skip(1)],
                // The command line looks for a person's settings in their home; there is nobody, and no file system to write it to.
                Env = [new EnvVar("HOME") { Value = "/tmp" }],
                Resources = PodParts.Resources(new ResourceValues
                {
                    Requests = new() { Cpu = "100m", Memory = "128Mi", EphemeralStorage = "64Mi" },
                    Limits = new() { Cpu = "2", Memory = "1Gi", EphemeralStorage = "256Mi" },
                }),
                VolumeMounts = [new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true }],
            },
            [PodParts.SecretFiles(context, [key])]);
        return TrustPlan.Apply(context, template);
    }

    private static IEnumerable<string> Arguments(LoadTestValues values)
    {
        (string Option, string? Value)[] options =
        [
            ("--collection", values.Collection),
            ("--rate", values.Rate.ToString(CultureInfo.InvariantCulture)),
            ("--clients", values.Clients.ToString(CultureInfo.InvariantCulture)),
            ("--ask", values.Ask.ToString(CultureInfo.InvariantCulture)),
            ("--warm-up", values.WarmUp),
            ("--duration", values.Duration),
            ("--p95", values.P95),
            ("--p99", values.P99),
            ("--errors", values.Errors),
        ];
        return [.. options.Where(static option => option.Value is not null).SelectMany(static option => new[] { option.Option, option.Value! }), "--json"];
    }

    private static string Endpoint(PlanContext context, string place, WorkloadResource service) => service.Bindings.FirstOrDefault(static pair => pair.Value.Scheme is "http" or "https") is { Key: { } name }
        ? name
        : throw context.Fault($"{place}.service", $"'{service.Name}' has no HTTP endpoint in the app model.");
}
