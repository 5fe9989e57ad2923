using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// Copies of PostgreSQL in a bucket: they are made in a folder of the pod and carried by rclone. Its configuration is all in the environment,
/// but for the credentials, which its shell reads from files. Scripts for the image's plain shell.
/// </summary>
internal static class S3Copies
{
    /// <summary>Volume with the credentials.</summary>
    public const string SecretVolume = "s3";

    private const string SecretFolder = "/run/secrets/s3";

    // Old ones go when a new one has arrived, and only what has the whole shape of a copy's name: other things in the bucket are not ours.
    private const string Common =
        """
        set -eu
        folder=/backup
        export HOME=/tmp RCLONE_CONFIG=/tmp/rclone.conf
        export RCLONE_CONFIG_COPIES_ACCESS_KEY_ID="$(cat "$S3_FOLDER/access-key-id")"
        export RCLONE_CONFIG_COPIES_SECRET_ACCESS_KEY="$(cat "$S3_FOLDER/secret-access-key")"

        """ + PostgresCopies.TimeOfName;

    private const string UploadScript =
        Common +
        """
        rclone copy --include '/*.dump' "$folder" "copies:$PLACE"
        for database in $DATABASES; do
          rclone delete --min-age "${KEEP_DAYS}d" --include "/$database-$time.dump" "copies:$PLACE"
        done
        rclone lsl --max-depth 1 --include '/*.dump' "copies:$PLACE"
        """;

    private const string FetchScript =
        Common +
        """
        if [ -z "$COPY" ]; then
          COPY="$(rclone lsf --files-only --max-depth 1 --include "/$DATABASE-$time.dump" "copies:$PLACE" | sort | tail -n 1)"
        fi
        if [ -n "$COPY" ]; then rclone copy --include "/$COPY" "copies:$PLACE" "$folder"; fi
        if [ -z "$COPY" ] || [ ! -f "$folder/$COPY" ]; then
          printf "There is no copy '%s'. There are:\n" "${COPY:-of $DATABASE}" >&2
          rclone lsf --files-only --max-depth 1 --include '/*.dump' "copies:$PLACE" >&2
          exit 1
        fi
        """;

    /// <summary>The container that carries what was copied.</summary>
    public static Container Upload(PlanContext context, StoreResource store, S3Values values) => Container(context, store, values, "upload", UploadScript,
    [
        new EnvVar("DATABASES") { Value = string.Join(' ', PostgresCopies.Databases(context, store)) },
        new EnvVar("KEEP_DAYS") { Value = values.KeepDays.ToString(CultureInfo.InvariantCulture) },
    ]);

    /// <summary>The container that fetches what is to be restored.</summary>
    public static Container Fetch(PlanContext context, StoreResource store, S3Values values) => Container(context, store, values, "fetch", FetchScript,
    [
        new EnvVar("DATABASE") { Value = PostgresCopies.Databases(context, store)[0] },
        new EnvVar("COPY") { Value = "" },
    ]);

    /// <summary>What the values name its image's override and digest by.</summary>
    public static string ImageName(StoreResource store) => $"{BackupPlan.Name(store)}-s3";

    private static Container Container(PlanContext context, StoreResource store, S3Values values, string name, string script, IEnumerable<EnvVar> env) => new()
    {
        Name = name,
        Image = context.Image(ImageName(store), values.Image),
        ImagePullPolicy = "",
        Command = ["sh", "-c", script],
        Env =
        [
            new EnvVar("RCLONE_CONFIG_COPIES_TYPE") { Value = "s3" },
            new EnvVar("RCLONE_CONFIG_COPIES_PROVIDER") { Value = values.Endpoint is null ? "AWS" : "Other" },
            .. values.Endpoint is { } endpoint ? [new EnvVar("RCLONE_CONFIG_COPIES_ENDPOINT") { Value = endpoint }] : Array.Empty<EnvVar>(),
            .. values.Region is { } region ? [new EnvVar("RCLONE_CONFIG_COPIES_REGION") { Value = region }] : Array.Empty<EnvVar>(),
            // The bucket is there, and whoever may write into it need not be allowed to look or to make one.
            new EnvVar("RCLONE_CONFIG_COPIES_NO_CHECK_BUCKET") { Value = "true" },
            new EnvVar("S3_FOLDER") { Value = SecretFolder },
            // Two platforms may share a bucket.
            new EnvVar("PLACE") { Value = $"{values.Bucket}/{Buckets.Prefix(context, values, Naming.Of(store.Name))}" },
            .. env,
        ],
        VolumeMounts = [new ContainerVolumeMount(SecretVolume, SecretFolder) { ReadOnly = true }],
    };
}
