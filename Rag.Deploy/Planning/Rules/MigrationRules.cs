using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>An administrator is named where there is one whom nobody here makes, and only there.</summary>
internal static class MigrationRules
{
    public static void Check(PlanContext context, RuleFaults faults)
    {
        if (context.Values.Migration?.Administrator is not { } administrator)
        {
            return;
        }

        var isBundled = PostgresRoles.Migrated(context) is { Values.Mode: StoreMode.Bundled };
        foreach (var (name, value) in new[] { ("username", administrator.Username), ("secret", administrator.Secret) })
        {
            switch (isBundled, value)
            {
                case (true, not null):
                    faults.Add($"migration.administrator.{name}", "a bundled PostgreSQL is made with an administrator and a password of his own; take it out, or set 'administrator' to null where it comes from a common file.");
                    break;
                case (false, null):
                    faults.Add($"migration.administrator.{name}", "it is missing; whoever administers this database is not made here.");
                    break;
            }
        }
    }
}
