using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>PostgreSQL in the namespace: one pod, which is enough for what can wait for a restart. High availability is the operator's.</summary>
internal static class PostgresPlan
{
    // The account of the official image; it owns what initdb makes. On Alpine it has another number, and no other may stand in for it.
    private const int ImageUser = 999;
    private const int AlpineUser = 70;

    /// <summary>Of one pod of a store that nobody has measured.</summary>
    public static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "250m", Memory = "512Mi", EphemeralStorage = "128Mi" },
        Limits = new() { Cpu = "2", Memory = "1Gi", EphemeralStorage = "1Gi" },
    };

    public static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store)
    {
        var name = Naming.Of(store.Name);
        var databases = Databases(context, store);
        var scripts = databases.Count > 1 ? new ConfigMap { Metadata = context.Names.Meta(name, StorePlan.Component, $"{name}-init"), Data = new Labels { ["databases.sql"] = CreateOthers(databases) } } : null;
        if (scripts is not null)
        {
            yield return new PlannedObject(scripts, name);
        }

        var data = PostgresData.Of(context.Image(store.Container));
        foreach (var planned in StorePods.Of(context, store, Pod(context, store, databases, scripts, data), store.Values.Storage ?? "20Gi", data.Mount, graceSeconds: 60))
        {
            yield return planned;
        }
    }

    /// <summary>Names of the databases that the app model has on a server, in its order.</summary>
    public static IReadOnlyList<string> Databases(PlanContext context, StoreResource store) => [.. context.Manifest.Resources.Values.OfType<ValueResource>()
        .Where(value => value.ConnectionString.StartsWith($"{{{store.Name}.connectionString}}", StringComparison.Ordinal))
        .Select(value => value.ConnectionString.Split(';').Select(static field => field.Split('=', 2)).FirstOrDefault(static pair => pair is ["Database", _])?[1])
        .OfType<string>()];

    /// <summary>The name that the app model connects with; it may be a parameter's value.</summary>
    public static string User(PlanContext context, StoreResource store) => store.Container.ConnectionString?.Split(';')
        .Select(static field => field.Split('=', 2))
        .Where(static pair => pair is ["Username", _])
        .Select(pair => context.Resolver.Resolve(store.Name, "connectionString", pair[1]).Plain)
        .FirstOrDefault() ?? "postgres";

    /// <summary>Who may do everything on it, and the secret parameter with the password: the services' user, where they have none of their own.</summary>
    public static (string User, string Password) Administrator(PlanContext context, StoreResource store) =>
        store.AdministratorPassword is { } password ? (PostgresRoles.Administrator, password) : (User(context, store), StorePlan.Password(context, store));

    private static StorePod Pod(PlanContext context, StoreResource store, IReadOnlyList<string> databases, ConfigMap? scripts, PostgresData data)
    {
        var (user, password) = Administrator(context, store);
        var database = databases.Count > 0 ? databases[0] : User(context, store);
        // While the image initialises, a server that is not meant for anybody answers on the socket: only the port tells.
        var ready = new Probe { Exec = new ExecAction(["pg_isready", "--host=127.0.0.1", $"--username={user}", $"--dbname={database}", "--quiet"]) };
        var probing = Probing.Of(ready, ready, new Probe { TcpSocket = new TcpSocketAction(StorePlan.ContainerPorts(context, store)[0].Name) }, startupSeconds: 120);
        return new StorePod
        {
            User = store.Values.User ?? (PodParts.ImageVersion(context.Image(store.Container)).Contains("alpine", StringComparison.Ordinal) ? AlpineUser : ImageUser),
            SingleReplicaReason = "One server owns the data; copies of it are made by backups, or by the operator (mode: operator).",
            Container = new Container
            {
                Name = Naming.Of(store.Name),
                Image = context.Image(store.Container),
                ImagePullPolicy = "",
                Args = ["-c", string.Create(CultureInfo.InvariantCulture, $"max_connections={store.Values.MaxConnections}")],
                Ports = StorePlan.ContainerPorts(context, store),
                Env =
                [
                    new EnvVar("PGDATA") { Value = data.Folder },
                    new EnvVar("POSTGRES_USER") { Value = user },
                    new EnvVar("POSTGRES_DB") { Value = database },
                    new EnvVar("POSTGRES_PASSWORD_FILE") { Value = $"{WorkloadEnvironment.SecretFolder}/{password}" },
                    new EnvVar("POSTGRES_HOST_AUTH_METHOD") { Value = "scram-sha-256" },
                    new EnvVar("POSTGRES_INITDB_ARGS") { Value = "--auth-host=scram-sha-256 --auth-local=scram-sha-256" },
                ],
                Resources = PodParts.Resources(StorePlan.Resources(store)),
                StartupProbe = probing.Startup,
                ReadinessProbe = probing.Readiness,
                LivenessProbe = probing.Liveness,
                VolumeMounts =
                [
                    new ContainerVolumeMount("run", "/var/run/postgresql"),
                    new ContainerVolumeMount("shm", "/dev/shm"),
                    new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true },
                    .. scripts is null ? [] : new[] { new ContainerVolumeMount("init", "/docker-entrypoint-initdb.d") { ReadOnly = true } },
                ],
            },
            Volumes =
            [
                PodParts.Scratch("run", "1Mi"),
                new Volume("shm") { EmptyDir = new EmptyDirVolume { Medium = "Memory", SizeLimit = "128Mi" } },
                PodParts.SecretFiles(context, [password]),
                .. scripts is null ? [] : new[] { new Volume("init") { ConfigMap = new ConfigMapVolume(scripts.Metadata.Name!) } },
            ],
        };
    }

    private static string CreateOthers(IReadOnlyList<string> databases) =>
        string.Concat(databases.Skip(1).Select(static database => $"create database \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\";\n"));
}
