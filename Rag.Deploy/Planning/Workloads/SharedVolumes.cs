using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Volumes that the app model mounts more than once. On one machine all of them see the same files; in a cluster each is a claim that one node
/// mounts. The manifest does not say which of them write, so nothing can be put in its place here, and it is told.
/// </summary>
internal static class SharedVolumes
{
    public static IEnumerable<string> Notices(PlanContext context) =>
        from container in context.Manifest.Workloads.OfType<ContainerResource>()
        where container is not { Build.BuildOnly: true } && context.Store(container.Name) is not { Values.Mode: StoreMode.External }
        from volume in container.Volumes
        where volume.Name is not null
        group container.Name by volume.Name into users
        where users.Count() > 1
        select $"The volume '{users.Key}' is mounted {users.Count()} times in the app model, by {string.Join(" and ", users.Distinct().Select(static name => $"'{name}'"))}: here each mount has a claim of its own, and none sees the files of another. "
            + "Let one of them keep the files and the others ask it for them, or keep them where all can reach them, such as a database or a bucket.";
}
