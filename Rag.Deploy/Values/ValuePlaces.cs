namespace Rag.Deploy.Values;

/// <summary>Where the values stand that were read from files, so that a fault which shows only when they are looked at together names a line as well.</summary>
/// <param name="places">By path; the empty path is the file itself.</param>
internal sealed class ValuePlaces(IReadOnlyDictionary<string, ValuePlace> places)
{
    private const string Services = "services.";
    private const string Shared = $"{Services}{DeployValues.Defaults}";

    /// <summary>Of values that were read from no file.</summary>
    public static ValuePlaces None { get; } = new(new Dictionary<string, ValuePlace>());

    /// <summary>Whether it was set, for this service or for all of them.</summary>
    public bool IsSet(string path) => places.ContainsKey(path) || (Inherited(path) is { } shared && places.ContainsKey(shared));

    /// <summary>Whether it was set for this service, not for all of them.</summary>
    public bool IsOwn(string path) => places.TryGetValue(path, out var place) && !(Inherited(path) is { } shared && places.TryGetValue(shared, out var other) && other == place);

    /// <summary>The head of a message: file and line of the path, or of what it would stand in, and the path, as it would have to be corrected.</summary>
    public string Of(string path)
    {
        // A service that the values do not list has what all of them have.
        if (!places.ContainsKey(path) && Inherited(path) is { } common && places.ContainsKey(common))
        {
            path = common;
        }

        for (var known = path; ; known = Parent(known))
        {
            if (places.TryGetValue(known, out var place))
            {
                var corrected = known.Length > 0 && !IsOwn(known) && Inherited(path) is { } shared ? shared : path;
                return $"{place}: {corrected}";
            }

            if (known.Length == 0)
            {
                return path;
            }
        }
    }

    // services.api.replicas -> services.defaults.replicas
    private static string? Inherited(string path)
    {
        if (!path.StartsWith(Services, StringComparison.Ordinal))
        {
            return null;
        }

        var end = path.IndexOf('.', Services.Length);
        return end < 0 ? null : Shared + path[end..];
    }

    private static string Parent(string path) => path.LastIndexOfAny(['.', '[']) is > 0 and var end ? path[..end] : "";
}
