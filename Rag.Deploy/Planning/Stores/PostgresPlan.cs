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
        var files = StoreModel.PostgresFiles(context, store);
        var data = Scripts(databases, files);
        var scripts = data.Count > 0 ? new ConfigMap { Metadata = context.Names.Meta(name, StorePlan.Component, $"{name}-init"), Data = data } : null;
        files = files.Except(IsScript);
        foreach (var map in files.Maps.Prepend(scripts).OfType<ConfigMap>())
        {
            yield return new PlannedObject(map, name);
        }

        var place = PostgresData.Of(context.Image(store.Container));
        foreach (var planned in StorePods.Of(context, store, Pod(context, store, databases, scripts, files, place), store.Values.Storage ?? "20Gi", place.Mount, graceSeconds: 60))
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

    /// <summary>Connections that it allows: the values' number, or the app model's where the values name none.</summary>
    public static int MaxConnections(PlanContext context, StoreResource store) =>
        store.Values.Mode == StoreMode.Bundled && !context.Values.Places.IsSet($"stores.{store.Name}.maxConnections") && StoreModel.Connections(context, store) is { } own ? own : store.Values.MaxConnections;

    /// <summary>Who may do everything on it, and the secret parameter with the password: the services' user, where they have none of their own.</summary>
    public static (string User, string Password) Administrator(PlanContext context, StoreResource store) =>
        store.AdministratorPassword is { } password ? (PostgresRoles.Administrator, password) : (User(context, store), StorePlan.Password(context, store));

    private static StorePod Pod(PlanContext context, StoreResource store, IReadOnlyList<string> databases, ConfigMap? scripts, BoundFiles files, PostgresData place)
    {
        var (user, password) = Administrator(context, store);
        var database = databases.Count > 0 ? databases[0] : User(context, store);
        // While the image initialises, a server that is not meant for anybody answers on the socket: only the port tells.
        var ready = new Probe { Exec = new ExecAction(["pg_isready", "--host=127.0.0.1", $"--username={user}", $"--dbname={database}", "--quiet"]) };
        var probing = Probing.Of(ready, ready, new Probe { TcpSocket = new TcpSocketAction(StorePlan.ContainerPorts(context, store)[0].Name) }, startupSeconds: 120);
        EnvVar[] own =
        [
            new EnvVar("PGDATA") { Value = place.Folder },
            new EnvVar("POSTGRES_USER") { Value = user },
            new EnvVar("POSTGRES_DB") { Value = database },
            new EnvVar("POSTGRES_PASSWORD_FILE") { Value = $"{WorkloadEnvironment.SecretFolder}/{password}" },
            new EnvVar("POSTGRES_HOST_AUTH_METHOD") { Value = "scram-sha-256" },
            new EnvVar("POSTGRES_INITDB_ARGS") { Value = InitArguments(store) },
        ];
        return new StorePod
        {
            User = store.Values.User ?? (PodParts.ImageVersion(context.Image(store.Container)).Contains("alpine", StringComparison.Ordinal) ? AlpineUser : ImageUser),
            SingleReplicaReason = "One server owns the data; copies of it are made by backups, or by the operator (mode: operator).",
            Container = new Container
            {
                Name = Naming.Of(store.Name),
                Image = context.Image(store.Container),
                ImagePullPolicy = "",
                Args = ["-c", string.Create(CultureInfo.InvariantCulture, $"max_connections={MaxConnections(context, store)}"), .. StoreModel.PostgresArguments(context, store)],
                Ports = StorePlan.ContainerPorts(context, store),
                Env = [.. own, .. StoreModel.Variables(context, store, own)],
                Resources = PodParts.Resources(StorePlan.Resources(store)),
                StartupProbe = probing.Startup,
                ReadinessProbe = probing.Readiness,
                LivenessProbe = probing.Liveness,
                VolumeMounts =
                [
                    new ContainerVolumeMount("run", "/var/run/postgresql"),
                    new ContainerVolumeMount("shm", "/dev/shm"),
                    new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true },
                    .. scripts is null ? [] : new[] { new ContainerVolumeMount("init", StoreModel.InitFolder) { ReadOnly = true } },
                    .. files.Mounts,
                ],
            },
            Volumes =
            [
                PodParts.Scratch("run", "1Mi"),
                new Volume("shm") { EmptyDir = new EmptyDirVolume { Medium = "Memory", SizeLimit = "128Mi" } },
                PodParts.SecretFiles(context, [password]),
                .. scripts is null ? [] : new[] { new Volume("init") { ConfigMap = new ConfigMapVolume(scripts.Metadata.Name!) } },
                .. files.Volumes,
            ],
        };
    }

    // The last one counts: who may connect without a password is not the app model's to say.
    private static string InitArguments(StoreResource store)
    {
        const string Ours = "--auth-host=scram-sha-256 --auth-local=scram-sha-256";
        var theirs = store.Container.Env.GetValueOrDefault("POSTGRES_INITDB_ARGS", "");
        return theirs.Length == 0 || theirs == Ours || theirs.Contains('{', StringComparison.Ordinal) ? Ours : $"{theirs} {Ours}";
    }

    // One folder, one volume: what the app model has run when the database is made lies beside what makes the other databases, which comes first.
    private static Labels Scripts(IReadOnlyList<string> databases, BoundFiles files)
    {
        var theirs = files.Mounts.Zip(files.Maps).Where(static pair => IsScript(pair.First)).SelectMany(static pair => pair.Second.Data!.Select(file => KeyValuePair.Create(pair.First.SubPath is null ? file.Key : Path.GetFileName(pair.First.MountPath), file.Value))).ToList();
        var scripts = new Labels();
        if (databases.Count > 1)
        {
            scripts[theirs.Count == 0 ? "databases.sql" : "00-databases.sql"] = CreateOthers(databases);
        }

        return scripts.With(theirs);
    }

    private static bool IsScript(ContainerVolumeMount mount) => mount.MountPath.TrimEnd('/') == StoreModel.InitFolder || mount.MountPath.StartsWith(StoreModel.InitFolder + "/", StringComparison.Ordinal);

    private static string CreateOthers(IReadOnlyList<string> databases) =>
        string.Concat(databases.Skip(1).Select(static database => $"create database \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\";\n"));
}
