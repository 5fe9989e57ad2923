using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Jobs;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// The two users of a bundled PostgreSQL that a job migrates. The administrator, with a password of his own, is known to the server, the job
/// and the copies only, and owns everything; the services have a user whom the job makes and who reads and writes rows. Whoever takes over a
/// service thus has neither the schema nor the server. Without a job nobody could make that user, and all connect as the app model says.
/// </summary>
internal static class PostgresRoles
{
    /// <summary>The administrator's name, which is the image's own for him.</summary>
    public const string Administrator = "postgres";

    /// <summary>The secret parameter with the administrator's password. The app model may have one of the same name; else it is made here.</summary>
    public static string AdministratorPassword(string store) => $"{store}-admin-password";

    /// <summary>The store in which the services have a user of their own; null: there is none.</summary>
    public static StoreResource? Apart(PlanContext context) =>
        Migrated(context) is { Values.Mode: StoreMode.Bundled } store
        && PostgresPlan.Databases(context, store).Count == 1
        && User(context, store) is var user && user != Administrator
        && StoreAddresses.WithUser(store.Container, user) is { } text && text.Split(';').Contains($"Username={user}")
            ? store : null;

    /// <summary>The one store that the job migrates; null: there is no job, or it has several.</summary>
    public static StoreResource? Migrated(PlanContext context) =>
        context.Values.Migration is { } migration
        && context.Services.FirstOrDefault(service => service.Name == migration.Service) is { } service
        && MigrationPlan.Databases(context, service).Select(static target => target.Workload.Name).Distinct().ToList() is [var only]
            ? context.Store(only) : null;

    /// <summary>The app model with that user in the store's connection string, and the administrator's password among its secrets.</summary>
    public static AppManifest Adapt(PlanContext context, StoreResource store)
    {
        var password = AdministratorPassword(store.Name);
        var resources = new OrderedDictionary<string, AppResource>(context.Manifest.Resources, StringComparer.Ordinal)
        {
            [store.Name] = store.Container with { ConnectionString = StoreAddresses.WithUser(store.Container, User(context, store)) },
        };
        resources.TryAdd(password, new ParameterResource(password, $"{{{password}.inputs.value}}")
        {
            Inputs = new(StringComparer.Ordinal) { ["value"] = new ParameterInput(Secret: true, Default: null, new GeneratedText(32) { Special = false }) },
        });
        return context.Manifest with { Resources = resources };
    }

    // An app model that has a name of its own for its user goes on with it.
    private static string User(PlanContext context, StoreResource store) =>
        store.Values.Username ?? (PostgresPlan.User(context, store) is var user && user != Administrator ? user : context.Values.Name);
}
