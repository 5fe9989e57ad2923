namespace Rag.Deploy.Writing;

/// <summary>A <c>kustomization.yaml</c> (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/).</summary>
internal sealed record Kustomization(string ApiVersion, string Kind)
{
    /// <summary>What is applied.</summary>
    public static Kustomization Plain() => new("kustomize.config.k8s.io/v1beta1", "Kustomization");

    /// <summary>What is added to others.</summary>
    public static Kustomization Component() => new("kustomize.config.k8s.io/v1alpha1", "Component");

    public string? Namespace { get; init; }

    public IReadOnlyList<string>? Resources { get; init; }

    public IReadOnlyList<string>? Components { get; init; }

    public IReadOnlyList<KustomizePatch>? Patches { get; init; }

    public IReadOnlyList<KustomizeImage>? Images { get; init; }

    public IReadOnlyList<SecretGenerator>? SecretGenerator { get; init; }
}

/// <summary>A file with a patch that says itself what it is for.</summary>
internal sealed record KustomizePatch(string Path);

/// <summary>A Secret out of a file with one <c>key=value</c> per line.</summary>
internal sealed record SecretGenerator(string Name, IReadOnlyList<string> Envs, SecretGeneratorOptions Options);

/// <summary>How it is named and labelled.</summary>
internal sealed record SecretGeneratorOptions(bool DisableNameSuffixHash, Kubernetes.Labels Labels);
