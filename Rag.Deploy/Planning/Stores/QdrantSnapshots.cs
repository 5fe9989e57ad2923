using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>Snapshots of every collection of a Qdrant, fetched from each of its pods: a snapshot holds what that pod has.</summary>
internal static class QdrantSnapshots
{
    // Read by a plain shell with nothing but curl. The key stands in a file with headers, because arguments are seen by everybody who may list
    // processes. A file that is not whole keeps its other name, and the next run removes it. The server's own copy goes when it was fetched.
    private const string Script =
        """
        set -eu
        umask 077
        headers="$(mktemp)"
        trap 'rm -f "$headers"' EXIT
        printf 'api-key: %s\n' "$(cat "$PASSWORD_FILE")" > "$headers"
        ask() { curl --silent --show-error --fail --max-time 7200 --header "@$headers" "$@"; }
        # Qdrant writes its answers on one line, without spaces.
        names() { printf '%s' "$1" | grep -o '"name":"[^"]*"' | cut -d '"' -f 4; }
        folder=/backup
        find "$folder" -name '*.part' -exec rm -f {} +
        now="$(date -u +%Y%m%dT%H%M%SZ)"
        for node in $NODES; do
          host="${node%%:*}"
          collections="$(ask "$SCHEME://$node/collections")"
          for collection in $(names "$collections"); do
            snapshots="$SCHEME://$node/collections/$collection/snapshots"
            # A POST that does not say that it is empty is refused by some servers and proxies.
            made="$(ask --request POST --header 'Content-Length: 0' "$snapshots")"
            made="$(names "$made")"
            [ -n "$made" ]
            mkdir -p "$folder/$host/$collection"
            file="$folder/$host/$collection/$now.snapshot"
            ask --output "$file.part" "$snapshots/$made"
            mv "$file.part" "$file"
            ask --output /dev/null --request DELETE "$snapshots/$made"
            ls -1t "$folder/$host/$collection"/*.snapshot | tail -n "+$((KEEP + 1))" | xargs -r rm --
          done
        done
        find "$folder" -name '*.snapshot' -exec ls -l {} +
        """;

    /// <summary>The container; name, folder and password are filled in where all backups are made.</summary>
    public static Container Container(PlanContext context, StoreResource store, BackupValues values)
    {
        // Pods are asked, one after another, and no Service is between that would lead its port to theirs.
        var port = store.Values.Mode == StoreMode.External
            ? Addresses.ServicePort(context.Manifest.File, store.Container, QdrantPlan.RestPort)
            : Addresses.TargetPort(context.Manifest.File, store.Container, QdrantPlan.RestPort);
        return new Container
        {
            Name = "",
            Image = context.Image(BackupPlan.Name(store), values.Image),
            ImagePullPolicy = "",
            Command = ["sh", "-c", Script],
            Env =
            [
                new EnvVar("SCHEME") { Value = Addresses.Scheme(context.Manifest.File, store.Container, QdrantPlan.RestPort) },
                new EnvVar("NODES") { Value = string.Join(' ', Nodes(context, store).Select(host => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"))) },
                new EnvVar("KEEP") { Value = values.Keep.ToString(CultureInfo.InvariantCulture) },
            ],
        };
    }

    private static IEnumerable<string> Nodes(PlanContext context, StoreResource store)
    {
        var name = Naming.Of(store.Name);
        return store.Values.Mode == StoreMode.External
            ? [context.Host(store.Container)]
            : Enumerable.Range(0, store.Values.Replicas ?? 1).Select(ordinal => string.Create(CultureInfo.InvariantCulture, $"{name}-{ordinal}.{StorePods.Headless(name)}"));
    }
}
