using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>
/// A folder that volumes are made of is one claim's: whoever keeps something in it takes what he does not know for leftovers, be it another
/// environment's. What is mounted under two names no cluster notices.
/// </summary>
internal static class VolumeRules
{
    public static IEnumerable<string> Shared(IReadOnlyList<PlanContext> contexts)
    {
        var all = contexts.SelectMany(static context => context.Values.PersistentVolumes.Select(pair => new Place(context, pair.Key, pair.Value))).Where(static place => place.Path.Length > 0).ToList();
        for (var i = 1; i < all.Count; i++)
        {
            var one = all[i];
            if (all.Take(i).FirstOrDefault(before => one.Overlaps(before)) is { } other)
            {
                var faults = new RuleFaults(one.Context.Values.Places);
                faults.NotAllowed(
                    $"persistentVolumes.{one.Claim}.{one.Kind}.path", one.Path, "a folder of its own, neither in another's nor around it",
                    $"{other.Claim}{(ReferenceEquals(one.Context, other.Context) ? "" : $" of '{other.Context.Values.Environment}'")} has {other.Path} on {other.Holder}");
                yield return faults.Lines[0];
            }
        }
    }

    private sealed record Place(PlanContext Context, string Claim, PersistentVolumeValues Values)
    {
        public string Kind => Values.Nfs is null ? "local" : "nfs";

        public string Holder => Values.Nfs?.Server ?? Values.Local?.Node ?? "";

        public string Path => (Values.Nfs?.Path ?? Values.Local?.Path ?? "").TrimEnd('/') is { Length: > 0 } path ? path : Values.Nfs is null && Values.Local is null ? "" : "/";

        // Nodes of two clusters may have one name; a server of files is the same for both.
        public bool Overlaps(Place other) =>
            Kind == other.Kind && string.Equals(Holder, other.Holder, StringComparison.OrdinalIgnoreCase) && (Within(Path, other.Path) || Within(other.Path, Path))
            && (Values.Nfs is not null || ReferenceEquals(Context, other.Context) || Context.Values.Cluster.Context is null || Context.Values.Cluster.Context == other.Context.Values.Cluster.Context);

        private static bool Within(string folder, string other) => folder == other || other == "/" || folder.StartsWith($"{other}/", StringComparison.Ordinal);
    }
}
