using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning;

/// <summary>
/// Parts of a deployment that one may have or not. Each becomes a component of the kustomize tree; whether it is in force says the values.
/// </summary>
public enum Feature
{
    /// <summary>Default deny, and the edges of the app model.</summary>
    NetworkPolicies,

    /// <summary>Ingress.</summary>
    Ingress,

    /// <summary>HTTPRoute.</summary>
    Gateway,

    /// <summary>Scaling by the queue.</summary>
    Keda,

    /// <summary>Secrets from a store.</summary>
    ExternalSecrets,

    /// <summary>Copies of the stores.</summary>
    Backup,

    /// <summary>Telemetry, alerts and dashboards.</summary>
    Monitoring,
}

/// <summary>Everything that is deployed, as objects.</summary>
/// <param name="Objects">In the order in which they are best applied.</param>
/// <param name="Notices">What whoever deploys has to know, in words.</param>
public sealed record PlatformPlan(IReadOnlyList<PlannedObject> Objects, IReadOnlyList<string> Notices)
{
    /// <summary>The object of a type and name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public T Find<T>(string name)
        where T : KubernetesObject =>
        Objects.Select(static planned => planned.Object).OfType<T>().SingleOrDefault(one => one.Metadata.Name == name)
            ?? throw new InvalidOperationException($"The plan has no {typeof(T).Name} '{name}'.");
}

/// <summary>One object and the file that it is written to.</summary>
/// <param name="Object">The object.</param>
/// <param name="File">Name of the file without extension; objects of one file are about one thing.</param>
public sealed record PlannedObject(KubernetesObject Object, string File);
