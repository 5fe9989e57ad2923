using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// The app model with the stores where the values have them: another port, another scheme, another user, verified. Changed before anything is
/// resolved, so that every connection string says the same.
/// </summary>
internal static class StoreAddresses
{
    public static AppManifest Adapt(AppManifest manifest, DeployValues values)
    {
        var resources = new OrderedDictionary<string, AppResource>(manifest.Resources, StringComparer.Ordinal);
        foreach (var (name, store) in values.Stores)
        {
            if (store.Mode != StoreMode.Bundled && resources.GetValueOrDefault(name) is ContainerResource container)
            {
                resources[name] = Adapt(container, store);
            }
        }

        return manifest with { Resources = resources };
    }

    /// <summary>Its connection string with another user.</summary>
    public static string? WithUser(ContainerResource container, string user) => container.ConnectionString is null
        ? null
        : string.Join(';', container.ConnectionString.Split(';').Select(field => field.StartsWith("Username=", StringComparison.Ordinal) ? $"Username={user}" : field));

    private static ContainerResource Adapt(ContainerResource container, StoreValues store)
    {
        var bindings = new OrderedDictionary<string, Binding>(StringComparer.Ordinal);
        foreach (var (name, binding) in container.Bindings)
        {
            // With several endpoints the one port of the values is that of the REST interface, which is what the platform uses.
            var moved = store.Port is { } port && (container.Bindings.Count == 1 || name == "http") ? binding with { Port = port } : binding;
            bindings[name] = store.Tls && moved.Scheme == "http" ? moved with { Scheme = "https" } : moved;
        }

        var text = (store.Mode, store.Username) switch
        {
            (StoreMode.Operator, var user) => WithUser(container, user ?? PostgresOperatorPlan.Owner),
            (_, { } user) => WithUser(container, user),
            _ => container.ConnectionString,
        };
        return container with { Bindings = bindings, ConnectionString = store.Tls ? Verified(text, StoreResource.KindOf(container, store)) : text };
    }

    // The words of Npgsql and of StackExchange.Redis, which Aspire's connection strings are for. Both then verify the certificate and its name;
    // Qdrant's is a URL, whose scheme says it.
    private static string? Verified(string? text, StoreKind? kind) => (text, kind) switch
    {
        (null, _) => null,
        (_, StoreKind.Postgres) => $"{text.TrimEnd(';')};SSL Mode=VerifyFull",
        (_, StoreKind.Redis) => $"{text},ssl=true",
        _ => text,
    };
}
