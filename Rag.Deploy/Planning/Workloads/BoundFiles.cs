using System.Globalization;
using System.Text;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Files of the developer's machine that the app model mounts into a container. A pod has no such machine: small text files travel in
/// ConfigMaps, read-only; anything else has to come in an image or a volume, and the message says so.
/// </summary>
/// <param name="Maps">One for each mount.</param>
/// <param name="Volumes">Of the pod.</param>
/// <param name="Mounts">Of the container.</param>
internal sealed record BoundFiles(IReadOnlyList<ConfigMap> Maps, IReadOnlyList<Volume> Volumes, IReadOnlyList<ContainerVolumeMount> Mounts)
{
    // Of one mount. An object has at most 1 MiB in etcd, and whoever applies it keeps a copy of it in an annotation of 256 KiB at most.
    private const int MostBytes = 200 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Each file's text, by a name that no variable has: what the pods change with.</summary>
    public IEnumerable<KeyValuePair<string, string>> Contents =>
        Maps.SelectMany(static map => map.Data!.Select(file => KeyValuePair.Create($"{map.Metadata.Name}/{file.Key}", file.Value)));

    /// <summary>The same without some of the mounts.</summary>
    public BoundFiles Except(Func<ContainerVolumeMount, bool> leavesOut)
    {
        var kept = Enumerable.Range(0, Mounts.Count).Where(i => !leavesOut(Mounts[i])).ToList();
        return new BoundFiles([.. kept.Select(i => Maps[i])], [.. kept.Select(i => Volumes[i])], [.. kept.Select(i => Mounts[i])]);
    }

    public static BoundFiles Of(PlanContext context, WorkloadResource workload, IReadOnlyList<string> omitted)
    {
        var maps = new List<ConfigMap>();
        var volumes = new List<Volume>();
        var mounts = new List<ContainerVolumeMount>();
        foreach (var mount in (workload as ContainerResource)?.BindMounts ?? [])
        {
            if (omitted.Contains(mount.Target, StringComparer.Ordinal))
            {
                continue;
            }

            var name = string.Create(CultureInfo.InvariantCulture, $"{Naming.Of(workload.Name)}-files-{maps.Count}");
            var volume = string.Create(CultureInfo.InvariantCulture, $"files-{maps.Count}");
            var source = Path.GetFullPath(mount.Source, Path.GetDirectoryName(Path.GetFullPath(context.Manifest.File))!);
            var isFile = File.Exists(source);
            var data = Read(context, workload, mount, source, isFile);
            maps.Add(new ConfigMap { Metadata = context.Names.Meta(Naming.Of(workload.Name), "service", name), Data = data });
            volumes.Add(new Volume(volume) { ConfigMap = new ConfigMapVolume(name) });
            // A file by itself takes its own place and leaves what the image has beside it.
            mounts.Add(new ContainerVolumeMount(volume, mount.Target) { SubPath = isFile ? data.Keys.Single() : null, ReadOnly = true });
        }

        return new BoundFiles(maps, volumes, mounts);
    }

    private static Labels Read(PlanContext context, WorkloadResource workload, BindMount mount, string source, bool isFile)
    {
        var data = new Labels();
        try
        {
            var files = isFile ? [source] : Directory.Exists(source) ? Directory.GetFiles(source).Order(StringComparer.Ordinal).ToArray() : throw Fault("it is not there");
            if (!isFile && Directory.EnumerateDirectories(source).Any())
            {
                throw Fault("it has folders inside, which a ConfigMap cannot hold");
            }

            if (files.Sum(static file => new FileInfo(file).Length) is > MostBytes and var bytes)
            {
                throw Fault(string.Create(CultureInfo.InvariantCulture, $"it has {bytes >> 10} KiB; a ConfigMap takes {MostBytes >> 10}"));
            }

            foreach (var file in files)
            {
                var name = Path.GetFileName(file);
                data[name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? name : throw Fault($"'{name}' is no key of a ConfigMap")] = Strict.GetString(File.ReadAllBytes(file));
            }
        }
        catch (DecoderFallbackException)
        {
            throw Fault("it is not all text");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Fault($"it cannot be read: {exception.Message}");
        }

        return data;

        ManifestException Fault(string message) => new(
            context.Manifest.File, workload.Name, $"its bind mount '{mount.Source}' at {mount.Target} cannot travel to a cluster: {message}.",
            $"Put it into the image or a volume, or leave it out with 'services.{workload.Name}.omitMounts'.");
    }
}
