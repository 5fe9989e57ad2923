using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// Redis in the namespace. The app model's own container passes the password as an argument; here it stands in a file, because arguments are
/// seen by everybody who may list processes. Where the app model gives it no volume it is a cache: bounded, and empty after a restart.
/// </summary>
internal static class RedisPlan
{
    public const int Port = 6379;

    // Read by the container's shell; the password never leaves files that only its account may read. In quotes and with a backslash where Redis wants
    // one, because a space would end it.
    private const string Start =
        """
        umask 077
        quoted="$(sed 's/[\\"]/\\&/g' "$PASSWORD_FILE")"
        {
          cat /etc/redis/redis.conf
          printf 'requirepass "%s"\nmasterauth "%s"\n' "$quoted" "$quoted"
          case "$HOSTNAME" in *-0) ;; *) printf 'replicaof %s %s\n' "$PRIMARY" 6379 ;; esac
        } > /tmp/redis.conf
        exec redis-server /tmp/redis.conf
        """;

    private const string Ping = """REDISCLI_AUTH="$(cat "$PASSWORD_FILE")" redis-cli -h 127.0.0.1 ping | grep -q PONG""";

    /// <summary>Of one pod of a store that nobody has measured.</summary>
    public static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "100m", Memory = "256Mi", EphemeralStorage = "64Mi" },
        Limits = new() { Cpu = "1", Memory = "512Mi", EphemeralStorage = "1Gi" },
    };

    public static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store)
    {
        var name = Naming.Of(store.Name);
        var storage = store.Values.Storage ?? (store.Container.Volumes.Count > 0 ? "8Gi" : null);
        var resources = StorePlan.Resources(store);
        var config = Config(resources, keeps: storage is not null);
        yield return new PlannedObject(
            new ConfigMap { Metadata = context.Names.Meta(name, StorePlan.Component, ConfigName(name)), Data = new Labels { ["redis.conf"] = config, ["start.sh"] = Start + "\n" } }, name);
        foreach (var planned in StorePods.Of(context, store, Pod(context, store, resources, config), storage, "/data", graceSeconds: 30))
        {
            // Only the first pod is written to; the others follow it.
            yield return planned.Object is Service service && service.Metadata.Name == name && store.Values.Replicas > 1
                ? planned with { Object = service with { Spec = service.Spec with { Selector = service.Spec.Selector!.With([new("statefulset.kubernetes.io/pod-name", $"{name}-0")]) } } }
                : planned;
        }
    }

    private static StorePod Pod(PlanContext context, StoreResource store, ResourceValues resources, string config)
    {
        var name = Naming.Of(store.Name);
        var password = StorePlan.Password(context, store);
        var ping = new Probe { Exec = new ExecAction(["sh", "-c", Ping]) };
        var probing = Probing.Of(ping, ping, new Probe { TcpSocket = new TcpSocketAction(StorePlan.ContainerPorts(context, store)[0].Name) }, startupSeconds: 60);
        EnvVar[] own =
        [
            new EnvVar("PASSWORD_FILE") { Value = $"{WorkloadEnvironment.SecretFolder}/{password}" },
            new EnvVar("PRIMARY") { Value = $"{name}-0.{StorePods.Headless(name)}" },
        ];
        return new StorePod
        {
            User = store.Values.User ?? WorkloadSettings.NobodyInParticular,
            SingleReplicaReason = "It holds nothing that may not be lost; without it the services go on, slower.",
            ConfigHash = ServicePlan.Hash(new Labels { ["redis.conf"] = config }),
            Container = new Container
            {
                Name = name,
                Image = context.Image(store.Container),
                ImagePullPolicy = "",
                Command = ["sh", "/etc/redis/start.sh"],
                Ports = StorePlan.ContainerPorts(context, store),
                Env = [.. own, .. StoreModel.Variables(context, store, own)],
                Resources = PodParts.Resources(resources),
                StartupProbe = probing.Startup,
                ReadinessProbe = probing.Readiness,
                LivenessProbe = probing.Liveness,
                VolumeMounts =
                [
                    new ContainerVolumeMount("config", "/etc/redis") { ReadOnly = true },
                    new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true },
                ],
            },
            Volumes = [new Volume("config") { ConfigMap = new ConfigMapVolume(ConfigName(name)) }, PodParts.SecretFiles(context, [password])],
        };
    }

    private static string ConfigName(string name) => $"{name}-config";

    private static string Config(ResourceValues resources, bool keeps)
    {
        // Three quarters of what the pod may use: the rest is for connections and for copies while it writes.
        var bytes = Quantities.Bytes(resources.Limits.Memory ?? "512Mi") / 4 * 3;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            port {Port}
            dir /data
            protected-mode yes
            maxmemory {bytes}
            maxmemory-policy {(keeps ? "noeviction" : "volatile-lru")}
            appendonly {(keeps ? "yes" : "no")}
            save ""

            """);
    }
}
