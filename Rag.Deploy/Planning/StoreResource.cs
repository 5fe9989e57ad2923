using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning;

/// <summary>A container of the app model that is a store which is known here.</summary>
/// <param name="Container">As the app model has it.</param>
/// <param name="Kind">Which store.</param>
/// <param name="Values">Where it runs.</param>
internal sealed record StoreResource(ContainerResource Container, StoreKind Kind, StoreValues Values)
{
    public string Name => Container.Name;

    /// <summary>The secret parameter with the password of an administrator whom the services do not know; null: they connect as he does.</summary>
    public string? AdministratorPassword { get; init; }

    /// <summary>Recognises a store by the name of its image, unless the values say what it is.</summary>
    /// <param name="container">Of the app model.</param>
    /// <param name="values">Its own.</param>
    /// <param name="isGuarded">
    /// Whether a connection string holds exactly one secret. A store that the app model leaves open to everybody is run as it says, like any other container.
    /// </param>
    public static StoreResource? Recognise(ContainerResource container, StoreValues? values, Func<string, bool> isGuarded)
    {
        var settings = values ?? new StoreValues();
        return KindOf(container, settings) is { } kind && (settings.Kind is not null || isGuarded(container.ConnectionString ?? ""))
            ? new StoreResource(container, kind, settings)
            : null;
    }

    /// <summary>What the values say that it is, else what its image is; null: no store that is known.</summary>
    public static StoreKind? KindOf(ContainerResource container, StoreValues values) => values.Kind ?? ByImage(container.Image);

    private static StoreKind? ByImage(string? image) => Repository(image) switch
    {
        "postgres" => StoreKind.Postgres,
        "redis" or "valkey" => StoreKind.Redis,
        "qdrant" => StoreKind.Qdrant,
        _ => null,
    };

    // docker.io/library/postgres:18.3 -> postgres
    private static string? Repository(string? image)
    {
        if (image is null)
        {
            return null;
        }

        var name = image[(image.LastIndexOf('/') + 1)..];
        return name.Split(':', '@')[0];
    }
}
