using Rag.Deploy.AppModel;
using Rag.Deploy.AppModel.Expressions;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning;

/// <summary>What every part of the planning looks at: the app model, the values, and what follows from both.</summary>
internal sealed class PlanContext : IDeploymentFacts
{
    private readonly IReadOnlySet<Feature> _features;

    public PlanContext(AppManifest manifest, DeployValues values, IReadOnlySet<Feature> features)
    {
        Manifest = Planning.Inference.InferencePlan.WithKey(MoreSecrets.Add(Planning.Stores.StoreAddresses.Adapt(manifest, values), values), values);
        Values = values;
        _features = features;
        Names = new Naming(values.Name, values.Version);
        Resolver = new ExpressionResolver(Manifest, this);
        Stores = [];
        Stores = Recognised();
        if (Planning.Stores.PostgresRoles.Apart(this) is { } apart)
        {
            Manifest = Planning.Stores.PostgresRoles.Adapt(this, apart);
            Resolver = new ExpressionResolver(Manifest, this);
            Stores = [.. Recognised().Select(store => store.Name == apart.Name ? store with { AdministratorPassword = Planning.Stores.PostgresRoles.AdministratorPassword(store.Name) } : store)];
        }
    }

    public AppManifest Manifest { get; }

    public DeployValues Values { get; }

    public Naming Names { get; }

    public ExpressionResolver Resolver { get; }

    /// <summary>Containers of the app model that are stores which are known here.</summary>
    public IReadOnlyList<StoreResource> Stores { get; }

    /// <summary>Labels that tell this environment from others.</summary>
    public IEnumerable<KeyValuePair<string, string>> EnvironmentLabels => Values.Environment is { } name ? [new(ClusterValues.EnvironmentLabel, name)] : [];

    /// <summary>Name of the Secret with one key for each secret parameter.</summary>
    public string SecretName => Values.Secrets.Name ?? $"{Values.Name}-secrets";

    /// <summary>Where a parameter's value is: in the platform's Secret, or in the one that an operator made for the store it opens.</summary>
    public (string Secret, string Key) SecretOf(string parameter)
    {
        var managed = Stores.FirstOrDefault(store => store.Values.Mode == StoreMode.Operator && Planning.Stores.StorePlan.Password(this, store) == parameter);
        return managed is null ? (SecretName, parameter) : (Planning.Stores.PostgresOperatorPlan.SecretName(managed), "password");
    }

    /// <summary>Whether a secret opens a store that exists elsewhere: then somebody knows it already, and it cannot be made up.</summary>
    public bool IsElsewheres(string parameter) => Stores.Any(store => store.Values.Mode == StoreMode.External && Planning.Stores.StorePlan.Password(this, store) == parameter);

    public bool Has(Feature feature) => _features.Contains(feature);

    /// <summary>Workloads that are planned as the app model has them, which is all but the stores.</summary>
    public IEnumerable<WorkloadResource> Services => Manifest.Workloads.Where(workload => Stores.All(store => store.Name != workload.Name) && workload is not ContainerResource { Build.BuildOnly: true });

    /// <summary>The secret parameters that anything refers to, in the order of the manifest.</summary>
    public IEnumerable<ParameterResource> SecretParameters => Manifest.Resources.Values.OfType<ParameterResource>().Where(static parameter => parameter.IsSecret);

    /// <summary>The percent-encoded forms of secrets that any variable is filled from, by parameter, the one that is encoded least first.</summary>
    public ILookup<string, SecretPart> EncodedSecrets() => Services
        .SelectMany(service => Workloads.WorkloadEnvironment.Of(this, service, Workloads.WorkloadSettings.For(this, service)).Secrets)
        .Concat(Stores.Where(static store => store.Values.Mode == StoreMode.Bundled)
            .SelectMany(store => store.Container.Env.SelectMany(pair => Resolver.Resolve(store.Name, $"env.{pair.Key}", pair.Value).Secrets)))
        .Where(static secret => secret.UriEncodings > 0)
        .Distinct()
        .OrderBy(static secret => secret.UriEncodings)
        .ToLookup(static secret => secret.Parameter, StringComparer.Ordinal);

    /// <summary>A workload that the values name.</summary>
    /// <exception cref="ValuesException">There is none of that name; <paramref name="place"/> is where it stands.</exception>
    public WorkloadResource Service(string place, string name) => Services.FirstOrDefault(service => service.Name == name)
        ?? throw Fault(place, $"there is no workload '{name}' in the app model; there are: {string.Join(", ", Services.Select(static service => service.Name))}.");

    /// <summary>A wrong value that shows only while something is planned, in the shape of those that the reader and the rules find.</summary>
    public ValuesException Fault(string path, string message) => new([$"{Values.Places.Of(path)}: {message}"]);

    public StoreResource? Store(string name) => Stores.FirstOrDefault(store => store.Name == name);

    /// <summary>The app model's name; for a store outside its own, because that is what its certificate is for.</summary>
    public string Host(WorkloadResource workload) => Store(workload.Name) is { Values: { Mode: StoreMode.External, Host: { } host } } ? host : Naming.Of(workload.Name);

    public string? Parameter(string name) => Values.Parameters.GetValueOrDefault(name);

    /// <summary>Whether the values name another image than the app model's.</summary>
    public bool IsOverridden(WorkloadResource workload) => Values.Images.Override.ContainsKey(workload.Name);

    /// <summary>The reference of an image, by tag and, where it is known, digest.</summary>
    public string Image(WorkloadResource workload)
    {
        var reference = Values.Images.Override.GetValueOrDefault(workload.Name)
            ?? (workload as ContainerResource)?.Image
            ?? Built(workload.Name);
        return WithDigest(Mirrored(reference, isBuilt: workload is ProjectResource or ContainerResource { Build: not null }), Values.Images.Digests.GetValueOrDefault(workload.Name));
    }

    /// <summary>The same for an image that is built from the platform's projects and that no workload of the app model runs.</summary>
    public string BuiltImage(string name) => WithDigest(Values.Images.Override.GetValueOrDefault(name) ?? Built(name), Values.Images.Digests.GetValueOrDefault(name));

    /// <summary>The same for an image that the app model knows nothing of.</summary>
    public string Image(string purpose, string reference) =>
        WithDigest(Mirrored(Values.Images.Override.GetValueOrDefault(purpose) ?? reference, isBuilt: false), Values.Images.Digests.GetValueOrDefault(purpose));

    public IReadOnlyList<LocalObjectReference>? PullSecrets =>
        Values.Images.PullSecrets.Count == 0 ? null : [.. Values.Images.PullSecrets.Select(static name => new LocalObjectReference(name))];

    public int KubernetesMinor => int.Parse(Values.Cluster.KubernetesVersion.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether the cluster can wait before it stops a pod: that came with 1.30.</summary>
    public bool HasPreStopSleep => KubernetesMinor >= 30;

    private IReadOnlyList<StoreResource> Recognised() =>
    [
        .. Manifest.Workloads.OfType<ContainerResource>()
            .Select(container => StoreResource.Recognise(container, Values.Stores.GetValueOrDefault(container.Name), text => Resolver.Resolve(container.Name, "connectionString", text).Secrets.Count() == 1))
            .OfType<StoreResource>(),
    ];

    private string Built(string name) => (Values.Images.Registry.Length == 0 ? "" : Values.Images.Registry + "/") + $"{Naming.Of(name)}:{Values.Version}";

    // docker.io/library/redis:8 becomes mirror/library/redis:8: the path stays, so that one mirror serves several registries' images.
    private string Mirrored(string reference, bool isBuilt)
    {
        if (isBuilt || Values.Images.Mirror is not { } mirror)
        {
            return reference;
        }

        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        var hasHost = slash > 0 && (reference[..slash].Contains('.', StringComparison.Ordinal) || reference[..slash].Contains(':', StringComparison.Ordinal) || reference[..slash] == "localhost");
        return $"{mirror}/{(hasHost ? reference[(slash + 1)..] : reference)}";
    }

    private static string WithDigest(string reference, string? digest) => digest is null || reference.Contains('@', StringComparison.Ordinal) ? reference : $"{reference}@{digest}";
}
