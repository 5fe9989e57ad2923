using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Each mode of a store with what it needs, and without what it has no use for.</summary>
internal static class StoreRules
{
    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var store in context.Stores)
        {
            var path = $"stores.{store.Name}";
            switch (store.Values.Mode)
            {
                case StoreMode.Bundled:
                    Bundled(context, store, path, faults);
                    break;
                case StoreMode.Operator:
                    Operator(context, store, path, faults);
                    break;
                case StoreMode.External:
                    External(store, path, faults);
                    break;
            }

            Ports(store, $"{path}.port", faults);
            ServiceRules.Range(store.Values.Cidr, $"{path}.cidr", faults);
            if (store.Values is { User: { } user, Mode: not StoreMode.Bundled })
            {
                faults.NotAllowed($"{path}.user", user, "none", "only a bundled store has pods here");
            }

            if (store.Values.Backup is { } backup)
            {
                Backup(store, backup, $"{path}.backup", faults);
            }
        }
    }

    private static void Bundled(PlanContext context, StoreResource store, string path, RuleFaults faults)
    {
        Elsewhere(store, path, "it is bundled, which is the default", "no certificate", faults);
        if (store.Values.Username is { } user && store.AdministratorPassword is null && !(user == PostgresRoles.Administrator && PostgresRoles.Migrated(context) == store))
        {
            faults.Add($"{path}.username", "it is bundled, and nobody makes this user: a job ('migration') does, for a PostgreSQL with one database. Without it the services connect as the app model says.");
        }

        if (store is { Kind: StoreKind.Postgres, Values.Replicas: > 1 and var replicas })
        {
            faults.NotAllowed($"{path}.replicas", replicas, "1", "bundled PostgreSQL is one pod; several are the operator's work ('mode: operator')");
        }
    }

    private static void Operator(PlanContext context, StoreResource store, string path, RuleFaults faults)
    {
        if (store.Kind != StoreKind.Postgres)
        {
            faults.NotAllowed($"{path}.mode", "operator", "bundled or external", $"the operator is CloudNativePG, and this is {store.Kind}");
            return;
        }

        Elsewhere(store, path, "the operator makes it", "a certificate of the operator's own", faults);
        if (store.Values.Username == "postgres")
        {
            faults.NotAllowed($"{path}.username", "postgres", "any other name", "the operator keeps the superuser for itself");
        }

        if (PostgresPlan.Databases(context, store) is { Count: > 1 } databases)
        {
            faults.NotAllowed($"{path}.mode", "operator", "bundled or external", $"the operator makes one database, and the app model has {string.Join(", ", databases)}");
        }
    }

    private static void Elsewhere(StoreResource store, string path, string what, string certificate, RuleFaults faults)
    {
        (string Name, bool IsSet, string Has)[] values =
        [
            ("host", store.Values.Host is not null, "a name of its own"), ("port", store.Values.Port is not null, "the app model's port"),
            ("tls", store.Values.Tls, certificate), ("cidr", store.Values.Cidr is not null, "an address in the cluster"),
        ];
        foreach (var (name, _, has) in values.Where(static value => value.IsSet))
        {
            faults.Add($"{path}.{name}", $"{what}, and has {has}; this needs 'mode: external'. Where it comes from a common file, set it to {(name == "tls" ? "false" : "null")} here.");
        }
    }

    private static void External(StoreResource store, string path, RuleFaults faults)
    {
        if (store.Values.Host is null)
        {
            faults.Add($"{path}.host", "it is missing; an external store needs the host name that it is reached by.");
        }
    }

    // The one port of the values is that of the only endpoint, or of http; another endpoint may not have it too.
    private static void Ports(StoreResource store, string path, RuleFaults faults)
    {
        if (store.Values.Port is not { } port || store.Container.Bindings.Count < 2)
        {
            return;
        }

        foreach (var (name, _) in store.Container.Bindings.Where(binding => binding.Key != "http" && (binding.Value.Port ?? binding.Value.TargetPort) == port))
        {
            faults.NotAllowed(path, port, "any other port", $"the endpoint '{name}' has it");
        }
    }

    // 0 0 31 2 *: with a weekday either of both is enough.
    private static bool Comes(string schedule)
    {
        int[] longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        var fields = schedule.Split(' ');
        return fields[4] != "*" || fields[2].Contains('*', StringComparison.Ordinal)
            || Numbers(fields[3], 12).Any(month => Numbers(fields[2], 31).Any(day => day <= longest[month - 1]));

        static IEnumerable<int> Numbers(string field, int most) => field.Split(',').SelectMany(item => item.Split('/')[0].Split('-') switch
        {
            ["*"] => Enumerable.Range(1, most),
            [var from, ..] => [int.Parse(from, System.Globalization.CultureInfo.InvariantCulture)],
            _ => Enumerable.Empty<int>(),
        });
    }

    private static void Backup(StoreResource store, BackupValues backup, string path, RuleFaults faults)
    {
        if (store.Kind == StoreKind.Redis)
        {
            faults.Add(path, "there are copies of PostgreSQL and Qdrant; Redis holds nothing that may not be lost.");
        }

        if (backup.S3 is { } bucket)
        {
            ServiceRules.Range(bucket.Cidr, $"{path}.s3.cidr", faults);
            if (store.Kind != StoreKind.Postgres)
            {
                faults.Add($"{path}.s3", "only copies of PostgreSQL go into a bucket; Qdrant's are made anew from it.");
            }

            if (faults.Places.IsSet($"{path}.keep"))
            {
                faults.NotAllowed($"{path}.keep", backup.Keep, "none", "copies in a bucket are kept by their age ('s3.keepDays')");
            }
        }

        if (!Comes(backup.Schedule))
        {
            faults.Add($"{path}.schedule", $"'{backup.Schedule}' never comes; allowed is: a day that one of its months has.");
        }

        foreach (var range in backup.Schedule.Split(' ', ',').Select(static item => item.Split('/')[0].Split('-')).Where(static ends => ends is [var from, var to] && int.Parse(from, System.Globalization.CultureInfo.InvariantCulture) > int.Parse(to, System.Globalization.CultureInfo.InvariantCulture)))
        {
            faults.Add($"{path}.schedule", $"'{string.Join('-', range)}' ends before it begins; allowed is: a range from the lower to the higher number, or two ranges with a comma.");
        }
    }
}
