using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// Making and restoring copies of PostgreSQL, with the server's own image: an older pg_dump refuses a newer server. Both scripts are read by
/// the image's bash and find address, user and password in the environment as libpq has it.
/// </summary>
internal static class PostgresCopies
{
    /// <summary>For a shell: the pattern of the time that ends the name of every copy, such as 20260102T031500Z.</summary>
    public const string TimeOfName =
        """
        digit='[0-9]'
        time="$digit$digit$digit$digit$digit$digit$digit${digit}T$digit$digit$digit$digit$digit${digit}Z"

        """;

    // A file that pg_dump has not finished keeps its other name, and the next run removes it. What is too many is counted by the whole shape of
    // the names: 'rag-eval-20260102T031500Z.dump' begins like a copy of 'rag' and is none. Names sort as their times do.
    private const string DumpScript = TimeOfName +
        """
        set -eu
        umask 077
        folder=/backup
        : "${DATABASES:?No database is named: nothing would be copied.}"
        export PGPASSWORD="$(cat "$PASSWORD_FILE")"
        rm -f "$folder"/*.part
        for database in $DATABASES; do
          name="$folder/$database-$(date -u +%Y%m%dT%H%M%SZ).dump"
          pg_dump --format=custom --file="$name.part" --dbname="$database"
          mv "$name.part" "$name"
          ls -1 "$folder/$database"-$time.dump | sort -r | tail -n "+$((KEEP + 1))" | xargs -r rm --
        done
        ls -l "$folder"
        """;

    // A superuser restores into a database beside and exchanges the names at the end: until then nothing is lost, and afterwards what was there
    // before is still there under another name. Who may not make databases restores in place, in one transaction.
    private const string RestoreScript = TimeOfName +
        """
        set -eu
        umask 077
        folder=/backup
        export PGPASSWORD="$(cat "$PASSWORD_FILE")"
        refuse() { printf '%s\n' "$1" >&2; exit 1; }
        sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=target="$target" --set=beside="$beside" --set=before="$before" "$@"; }
        if [ -z "$COPY" ]; then
          COPY="$(ls -1 "$folder/$DATABASE"-$time.dump 2>/dev/null | sort | tail -n 1)"
          COPY="${COPY##*/}"
        fi
        [ -n "$COPY" ] && [ -f "$folder/$COPY" ] || refuse "There is no copy '${COPY:-of $DATABASE}'. There are:
        $(ls -1 "$folder" | grep '[.]dump$')"
        pg_restore --list "$folder/$COPY" > /dev/null || refuse "'$COPY' is no whole copy."
        target="${INTO:-${COPY%-*}}"
        beside="$target.restoring"
        before="$target.before-$(date -u +%Y%m%dT%H%M%SZ)"
        [ "$target" != "$MAINTENANCE" ] || MAINTENANCE=template1
        isThere="$(sql --dbname="$MAINTENANCE" <<< "select count(*) from pg_database where datname = :'target'")"
        maySwap="$(sql --dbname="$MAINTENANCE" <<< "select rolsuper from pg_roles where rolname = current_user")"
        if [ "$isThere" = 1 ]; then
          tables="$(sql --dbname="$target" <<< "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'")"
          [ "$tables" = 0 ] || [ "$OVERWRITE" = yes ] || refuse "The database '$target' has $tables table(s). OVERWRITE=yes replaces them with '$COPY'; INTO=other restores into another database."
          users="$(sql --dbname="$MAINTENANCE" <<< "select count(*) from pg_stat_activity where datname = :'target'")"
          [ "$users" = 0 ] || refuse "$users connection(s) to '$target' are open. Stop whoever has them first: the services, and what scales them."
        fi
        echo "Restoring '$COPY' into '$target'."
        if [ "$maySwap" != t ]; then
          pg_restore --clean --if-exists --no-owner --single-transaction --exit-on-error --dbname="$target" "$folder/$COPY"
          echo "Restored. Tables that '$COPY' does not have were left as they are."
          exit 0
        fi
        sql --dbname="$MAINTENANCE" <<'SQL'
        set client_min_messages = warning;
        drop database if exists :"beside";
        select format('create database %I owner %I template template0', :'beside', coalesce((select pg_get_userbyid(datdba) from pg_database where datname = :'target'), current_user)) \gexec
        SQL
        pg_restore --exit-on-error --dbname="$beside" "$folder/$COPY"
        sql --dbname="$beside" <<< "analyze"
        if [ "$isThere" = 1 ]; then
          sql --dbname="$MAINTENANCE" --single-transaction <<'SQL'
        alter database :"target" rename to :"before";
        alter database :"beside" rename to :"target";
        SQL
          echo "Restored. What was there before is '$before' now; once nobody wants it: drop database \"$before\""
        else
          sql --dbname="$MAINTENANCE" <<< 'alter database :"beside" rename to :"target"'
          echo "Restored."
        fi
        """;

    /// <summary>The container that copies every database; name, folder and password are filled in where all backups are made.</summary>
    public static Container Dump(PlanContext context, StoreResource store, BackupValues values) => Container(context, store, DumpScript) with
    {
        Env =
        [
            .. Address(context, store),
            new EnvVar("DATABASES") { Value = string.Join(' ', Databases(context, store)) },
            new EnvVar("KEEP") { Value = values.Keep.ToString(CultureInfo.InvariantCulture) },
        ],
    };

    /// <summary>The container that restores one copy.</summary>
    public static Container Restore(PlanContext context, StoreResource store) => Container(context, store, RestoreScript) with
    {
        Env =
        [
            .. Address(context, store),
            // One that every server has.
            new EnvVar("MAINTENANCE") { Value = "postgres" },
            new EnvVar("DATABASE") { Value = Databases(context, store)[0] },
            // For whoever starts it to say: the file, another database than it was made of, and 'yes'.
            new EnvVar("COPY") { Value = "" },
            new EnvVar("INTO") { Value = "" },
            new EnvVar("OVERWRITE") { Value = "no" },
        ],
    };

    /// <summary>What is copied. Where the app model names none, its programs use the one that has the name of their user, as libpq does.</summary>
    public static IReadOnlyList<string> Databases(PlanContext context, StoreResource store) =>
        PostgresPlan.Databases(context, store) is { Count: > 0 } named ? named : [PostgresPlan.User(context, store)];

    private static Container Container(PlanContext context, StoreResource store, string script) => new()
    {
        Name = "",
        Image = context.Image(store.Container),
        ImagePullPolicy = "",
        Command = ["bash", "-c", script],
    };

    // The image has no authorities: libpq can verify with those of the values only.
    private static IEnumerable<EnvVar> Address(PlanContext context, StoreResource store) =>
    [
        new EnvVar("PGHOST") { Value = context.Host(store.Container) },
        new EnvVar("PGPORT") { Value = StorePlan.Ports(context, store)[0].Port.ToString(CultureInfo.InvariantCulture) },
        new EnvVar("PGUSER") { Value = PostgresPlan.Administrator(context, store).User },
        .. !store.Values.Tls ? [] : context.Values.Trust is null
            ? [new EnvVar("PGSSLMODE") { Value = "require" }]
            : new[] { new EnvVar("PGSSLMODE") { Value = "verify-full" }, new EnvVar("PGSSLROOTCERT") { Value = TrustPlan.File } },
    ];
}
