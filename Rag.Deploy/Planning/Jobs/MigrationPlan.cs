using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Jobs;

/// <summary>
/// The job that migrates the database. Everything may be applied at once: the services are told to wait for the schema, are not ready until it
/// is there, and so the pods of the version before go on serving.
/// </summary>
internal static class MigrationPlan
{
    private const string Component = "migration";
    private const string File = "migration";
    private const string AdministratorVolume = "administrator";
    private const string AdministratorFolder = "/run/secrets/administrator";

    // One to the server's own database, in which it makes the platform's, and one to that.
    private const int Connections = 2;

    /// <summary>Of its pod, where the values say nothing.</summary>
    public static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "100m", Memory = "128Mi", EphemeralStorage = "64Mi" },
        Limits = new() { Cpu = "1", Memory = "512Mi", EphemeralStorage = "256Mi" },
    };

    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        if (context.Values.Migration is not { } values)
        {
            return [];
        }

        var service = Service(context, values);
        var name = Name(service);
        var environment = Environment(context, service, values);
        var administrator = values.Administrator is { Secret: not null } given ? given : null;
        var template = JobPods.Template(
            context,
            name,
            Component,
            new Container
            {
                Name = "migrate",
                Image = context.Image(service),
                ImagePullPolicy = "",
                Args = values.Args,
                Env = [.. environment.Config.Select(static pair => new EnvVar(pair.Key) { Value = pair.Value.Replace("$(", "$$(", StringComparison.Ordinal) }), .. environment.FromSecrets],
                Resources = PodParts.Resources((values.Resources ?? new ResourceValues()).Or(StandardResources)),
                VolumeMounts =
                [
                    .. environment.Files.Count == 0 ? [] : new[] { new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true } },
                    .. administrator is null ? [] : new[] { new ContainerVolumeMount(AdministratorVolume, AdministratorFolder) { ReadOnly = true } },
                ],
            },
            [
                .. environment.Files.Count == 0 ? [] : new[] { PodParts.SecretFiles(context, environment.Files) },
                .. administrator is null ? [] : new[] { Password(administrator) },
            ]);
        return JobPods.Job(context, name, Component, File, TrustPlan.Apply(context, template), new JobSettings(values.Retries, values.DeadlineSeconds, values.KeepSeconds));
    }

    /// <summary>The job's way to the database.</summary>
    public static IEnumerable<PlatformEdge> Edges(PlanContext context)
    {
        if (context.Values.Migration is not { } values)
        {
            return [];
        }

        var service = Service(context, values);
        return Databases(context, service).Select(target => new PlatformEdge(Name(service), target.Workload.Name, Addresses.TargetPort(context.Manifest.File, target.Workload, target.Endpoint)) { Connections = Connections });
    }

    /// <summary>What tells a service to wait for the job: every one that has the same database.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables(PlanContext context, WorkloadResource workload)
    {
        if (context.Values.Migration is not { CheckVariable.Length: > 0 } values)
        {
            return [];
        }

        var migrated = Databases(context, Service(context, values)).Select(static target => target.Workload.Name).ToHashSet(StringComparer.Ordinal);
        return Databases(context, workload).Any(target => migrated.Contains(target.Workload.Name)) ? [new(values.CheckVariable, values.CheckValue)] : [];
    }

    /// <summary>Endpoints of PostgreSQL that a workload of the app model is led to.</summary>
    public static IEnumerable<(WorkloadResource Workload, string Endpoint)> Databases(PlanContext context, WorkloadResource workload) =>
        workload.Env.Values.SelectMany(text => context.Resolver.Endpoints(text)).Where(target => context.Store(target.Workload.Name) is { Kind: StoreKind.Postgres }).Distinct();

    private static WorkloadResource Service(PlanContext context, MigrationValues values) => context.Service("migration.service", values.Service);

    private static string Name(WorkloadResource service) => $"{Naming.Of(service.Name)}-migration";

    // Those of the service's variables that lead to the database: the others are none of the job's business.
    private static WorkloadEnvironment Environment(PlanContext context, WorkloadResource service, MigrationValues values)
    {
        var settings = WorkloadSettings.For(context, service);
        var texts = WorkloadEnvironment.Merged(service, settings).Where(variable => IsDatabase(context, variable.Text)).ToList();
        if (texts.Count == 0)
        {
            throw context.Fault("migration.service", $"'{values.Service}' has no variable that leads to a PostgreSQL of the app model; there is nothing to migrate.");
        }

        // It says what it does on its output and sends nothing: with a collector it would be another job, and would run again for nothing.
        var environment = WorkloadEnvironment.Of(context, service, settings, texts, isObserved: false);
        if (Administrator(context) is { } own)
        {
            var variables = values.Administrator ?? new AdministratorValues();
            environment.Config[variables.UsernameVariable] = PostgresRoles.Administrator;
            environment.Config[variables.PasswordFileVariable] = $"{WorkloadEnvironment.SecretFolder}/{own}";
            return environment with { Files = [.. environment.Files.Append(own).Order(StringComparer.Ordinal)] };
        }

        if (values.Administrator is { Username: { } username } administrator)
        {
            environment.Config[administrator.UsernameVariable] = username;
            environment.Config[administrator.PasswordFileVariable] = $"{AdministratorFolder}/password";
        }

        return environment;
    }

    // The password of the administrator whom a bundled PostgreSQL is made with, where the services have a user of their own.
    private static string? Administrator(PlanContext context) => PostgresRoles.Migrated(context)?.AdministratorPassword;

    private static bool IsDatabase(PlanContext context, string text) => context.Resolver.Endpoints(text).Any(target => context.Store(target.Workload.Name) is { Kind: StoreKind.Postgres });

    private static Volume Password(AdministratorValues administrator) => new(AdministratorVolume)
    {
        Secret = new SecretVolume(administrator.Secret!) { Items = [new KeyToPath(administrator.Key, "password")], DefaultMode = PodParts.SecretMode },
    };
}
