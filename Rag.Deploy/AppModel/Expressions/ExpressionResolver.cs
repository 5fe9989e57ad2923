using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Rag.Deploy.AppModel.Expressions;

/// <summary>What the deployment adds to the manifest.</summary>
public interface IDeploymentFacts
{
    /// <summary>Host name under which a workload is reached inside of the cluster.</summary>
    string Host(WorkloadResource workload);

    /// <summary>A parameter's value that the values give; null: its default counts.</summary>
    string? Parameter(string name);

    /// <summary>Reference of the image that is built from a project or a Dockerfile.</summary>
    string Image(WorkloadResource workload);
}

/// <summary>
/// Looks up the expressions in a text, and those in what they stand for. A reference that leads nowhere and a circle are errors; nothing is
/// guessed. Secrets are not looked up: their place is kept.
/// </summary>
/// <param name="manifest">Whose resources are referred to.</param>
/// <param name="facts">What the manifest does not say.</param>
public sealed partial class ExpressionResolver(AppManifest manifest, IDeploymentFacts facts)
{
    private static readonly SearchValues<char> EndOfHost = SearchValues.Create("/?#;, ");

    /// <summary>Resolves a text of the manifest.</summary>
    /// <param name="owner">The resource that it belongs to.</param>
    /// <param name="place">The field, such as <c>env.ConnectionStrings__ragdb</c>.</param>
    /// <param name="text">With expressions.</param>
    /// <exception cref="ManifestException">A reference leads nowhere or in a circle, or a parameter has no value.</exception>
    public ResolvedText Resolve(string owner, string place, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Resolve(new Trail(owner, place, []), text);
    }

    /// <summary>
    /// The same for a text that perhaps nothing uses, or not here: a reference that leads nowhere and a circle are errors all the same. What only its user
    /// would need, such as the value of a parameter or a type that is known here, may be missing.
    /// </summary>
    /// <exception cref="ManifestException">A reference leads nowhere or in a circle.</exception>
    public ResolvedText ResolveSound(string owner, string place, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Resolve(new Trail(owner, place, []) { MayBeUnused = true }, text);
    }

    /// <summary>The parameters in a text, directly and through what it refers to, that say where something outside of the app model is.</summary>
    /// <param name="text">With expressions.</param>
    /// <param name="isAddress">Whether the whole text is one, as the name of its variable says.</param>
    public IReadOnlyCollection<ParameterResource> Outside(string text, bool isAddress)
    {
        ArgumentNullException.ThrowIfNull(text);
        var outside = new List<ParameterResource>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Follow(text, isAddress);
        return [.. outside.Distinct()];

        void Follow(string current, bool isWhole)
        {
            var segments = ExpressionText.Parse(current);
            for (var i = 0; i < segments.Count; i++)
            {
                if (segments[i] is not ReferenceSegment reference || !seen.Add(reference.ToString()) || manifest.Resources.GetValueOrDefault(reference.Resource) is not { } resource)
                {
                    continue;
                }

                if (resource is ParameterResource parameter && reference.Property != "connectionString")
                {
                    if (IsOutside(parameter, (isWhole && segments.Count == 1) || IsHost(segments, i)))
                    {
                        outside.Add(parameter);
                    }
                }
                else if (resource is ParameterResource { ConnectionString: { } connection } external && Endpoints(connection).Count == 0)
                {
                    outside.Add(external);
                }
                else if (Behind(resource, reference.Property) is { } next)
                {
                    Follow(next, isWhole && segments.Count == 1);
                }
            }
        }
    }

    /// <summary>The endpoints that a text names, directly and through what it refers to, each once: these are what its owner talks to.</summary>
    public IReadOnlyCollection<(WorkloadResource Workload, string Endpoint)> Endpoints(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var endpoints = new List<(WorkloadResource, string)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Follow(text);
        return [.. endpoints.Distinct()];

        void Follow(string from)
        {
            foreach (var reference in ExpressionText.Parse(from).OfType<ReferenceSegment>().Where(reference => seen.Add(reference.ToString())))
            {
                var resource = manifest.Resources.GetValueOrDefault(reference.Resource);
                if (resource is WorkloadResource workload && reference.Property.Split('.') is ["bindings", var endpoint, _] && workload.Bindings.ContainsKey(endpoint))
                {
                    endpoints.Add((workload, endpoint));
                }
                else if (resource is not null && Behind(resource, reference.Property) is { } next)
                {
                    Follow(next);
                }
            }
        }
    }

    private ResolvedText Resolve(Trail trail, string text) => ResolvedText.Of(ExpressionText.Parse(text).SelectMany(segment => segment switch
    {
        LiteralSegment literal => [new PlainPart(literal.Text)],
        ReferenceSegment reference => LookUp(trail, reference).Parts,
        _ => throw new InvalidOperationException($"A segment of type {segment.GetType().Name} is not known here."),
    }));

    private ResolvedText LookUp(Trail trail, ReferenceSegment reference)
    {
        if (!manifest.Resources.TryGetValue(reference.Resource, out var resource))
        {
            // "{a.b}" in a text that Aspire has nothing to do with, such as a log format, is legal; what is shaped like its own references is not.
            return IsAspires(reference.Property)
                ? throw Fault(
                    trail, reference, $"there is no resource '{reference.Resource}'.", reference.Property == "value" ? "A secret that the app model does not have is named in 'secrets.more' of the values." : null)
                : ResolvedText.Of(reference.ToString());
        }

        var inner = trail.Into(reference);
        if (trail.MayBeUnused && resource is UnknownResource or FaultyResource)
        {
            return ResolvedText.Empty;
        }

        if (trail.Path.Contains(reference.ToString(), StringComparer.Ordinal))
        {
            throw new ManifestException(manifest.File, trail.Owner, $"{trail.Place} refers to itself: {string.Join(" -> ", inner.Path)}.", "Break the circle in the app host.");
        }

        return resource switch
        {
            ParameterResource parameter => Parameter(inner, reference, parameter),
            ValueResource value when reference.Property == "connectionString" => Resolve(inner, value.ConnectionString),
            FilteredResource filtered when reference.Property == "value" => Filtered(inner, reference, filtered),
            ContainerResource { ConnectionString: { } text } when reference.Property == "connectionString" => Resolve(inner, text),
            WorkloadResource workload when reference.Property == "containerImage" => ResolvedText.Of((workload as ContainerResource)?.Image ?? facts.Image(workload)),
            WorkloadResource workload when reference.Property.Split('.') is ["bindings", var endpoint, var property] => ResolvedText.Of(Endpoint(inner, reference, workload, endpoint, property)),
            UnknownResource unknown => throw Fault(trail, reference, $"'{unknown.Name}' has the type '{unknown.Type}', which is not known here.", ValueRemedy(trail)),
            FaultyResource faulty => throw Fault(trail, reference, $"its app host could not write '{faulty.Name}': {faulty.Error}"),
            _ => throw Fault(trail, reference, $"'{reference.Resource}' has no '{reference.Property}'."),
        };
    }

    private ResolvedText Parameter(Trail trail, ReferenceSegment reference, ParameterResource parameter)
    {
        if (reference.Property == "connectionString" && parameter.ConnectionString is { } connection)
        {
            return Resolve(trail, connection);
        }

        if (reference.Property == "value")
        {
            return Resolve(trail, parameter.Value);
        }

        if (reference.Property.Split('.') is not ["inputs", var name] || !parameter.Inputs.TryGetValue(name, out var input))
        {
            throw Fault(trail, reference, $"parameter '{parameter.Name}' has no '{reference.Property}'.");
        }

        if (input.Secret)
        {
            return ResolvedText.Of([new SecretPart(parameter.Name)]);
        }

        return (facts.Parameter(parameter.Name) ?? input.Default) is { } value
            ? ResolvedText.Of(value)
            : trail.MayBeUnused ? ResolvedText.Empty : throw Fault(trail, reference, $"parameter '{parameter.Name}' has no value.", $"Set 'parameters.{parameter.Name}' in the values.");
    }

    private ResolvedText Filtered(Trail trail, ReferenceSegment reference, FilteredResource filtered)
    {
        var value = Resolve(trail, filtered.Value);
        return filtered.Filter == "uri"
            ? value.UriEncoded()
            : trail.MayBeUnused ? value : throw Fault(trail, reference, $"'{filtered.Name}' asks for the filter '{filtered.Filter}'; known is: uri.", ValueRemedy(trail));
    }

    private string Endpoint(Trail trail, ReferenceSegment reference, WorkloadResource workload, string endpoint, string property)
    {
        if (workload is ExecutableResource)
        {
            return trail.MayBeUnused ? "" : throw Fault(trail, reference, $"'{workload.Name}' is a program of the developer's machine and is not in the cluster.", ValueRemedy(trail));
        }

        if (!workload.Bindings.ContainsKey(endpoint))
        {
            throw Fault(trail, reference, $"'{workload.Name}' has no endpoint '{endpoint}'; it has: {(workload.Bindings.Count == 0 ? "none" : string.Join(", ", workload.Bindings.Keys))}.");
        }

        var port = Addresses.ServicePort(manifest.File, workload, endpoint);
        var scheme = Addresses.Scheme(manifest.File, workload, endpoint);
        return property switch
        {
            "host" => facts.Host(workload),
            "port" => port.ToString(CultureInfo.InvariantCulture),
            "targetPort" => Addresses.TargetPort(manifest.File, workload, endpoint).ToString(CultureInfo.InvariantCulture),
            "scheme" => scheme,
            "url" => string.Create(CultureInfo.InvariantCulture, $"{scheme}://{facts.Host(workload)}:{port}"),
            _ => throw Fault(trail, reference, $"an endpoint has no '{property}'; it has url, host, port, targetPort and scheme."),
        };
    }

    private bool IsOutside(ParameterResource parameter, bool isHost)
    {
        if (parameter.IsSecret || (facts.Parameter(parameter.Name) ?? parameter.Inputs.Values.Select(static input => input.Default).FirstOrDefault()) is not { } value)
        {
            return isHost;
        }

        var isUrl = Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Host.Length > 0 && value.Contains("://", StringComparison.Ordinal);
        var host = isUrl ? url!.Host : value.Split(':')[0];
        return (isUrl || isHost) && !Here().IsMatch(host) && !manifest.Workloads.Any(workload => string.Equals(facts.Host(workload), host, StringComparison.OrdinalIgnoreCase));
    }

    // scheme://host, scheme://user:password@host and Host=host; what stands in front of an @ is no host.
    private static bool IsHost(IReadOnlyList<Segment> segments, int at)
    {
        string Text(IEnumerable<Segment> some) => string.Concat(some.Select(static segment => segment is LiteralSegment literal ? literal.Text : "\u0001"));
        var after = Text(segments.Skip(at + 1));
        var end = after.AsSpan().IndexOfAny(EndOfHost);
        return BeforeHost().IsMatch(Text(segments.Take(at))) && !after.AsSpan(0, end < 0 ? after.Length : end).Contains('@');
    }

    [GeneratedRegex(@"(://([^/@\s]*@)?|(^|[;,\s])(host|hostname|server|data source|address|addr|endpoint|bootstrap\.servers)=(tcp:)?)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BeforeHost();

    // This machine, and what is no address at all.
    [GeneratedRegex(@"\A(|localhost|127\..*|0\.0\.0\.0|[*+]|true|false|[0-9]+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Here();

    private static string? Behind(AppResource resource, string property) => resource switch
    {
        ParameterResource parameter => property == "connectionString" ? parameter.ConnectionString : null,
        ValueResource value => value.ConnectionString,
        FilteredResource filtered => filtered.Value,
        ContainerResource container => property == "connectionString" ? container.ConnectionString : null,
        _ => null,
    };

    private static bool IsAspires(string property) => property.Split('.') switch
    {
        ["value"] or ["connectionString"] or ["containerImage"] => true,
        ["inputs" or "outputs" or "secretOutputs", _] => true,
        ["bindings", _, _] => true,
        _ => false,
    };

    private static string ValueRemedy(Trail trail) => trail.Place.StartsWith("env.", StringComparison.Ordinal)
        ? $"Set 'services.{trail.Owner}.{trail.Place}' in the values; then the expression is not looked at."
        : trail.Place.StartsWith("args[", StringComparison.Ordinal)
        ? $"Set 'services.{trail.Owner}.args' in the values; then the arguments of the app model are not looked at."
        : "Deploy what it stands for by other means and give its address in the values.";

    private ManifestException Fault(Trail trail, ReferenceSegment reference, string message, string? remedy = null) =>
        new(manifest.File, trail.Owner, $"{trail.Place}: {reference} cannot be resolved: {message}", remedy);

    /// <summary>Where a lookup began and which way it came.</summary>
    private sealed record Trail(string Owner, string Place, IReadOnlyList<string> Path)
    {
        /// <summary>Whether what is found may be of no use to anybody.</summary>
        public bool MayBeUnused { get; init; }

        public Trail Into(ReferenceSegment reference) => this with { Path = [.. Path, reference.ToString()] };
    }
}
