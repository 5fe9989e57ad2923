namespace Rag.Deploy.AppModel;

/// <summary>An Aspire manifest as it was read. Nothing in it is resolved yet.</summary>
/// <param name="File">Path of the file, as it was given; relative paths of the resources start from its folder.</param>
/// <param name="Resources">By name, in the order of the file.</param>
public sealed record AppManifest(string File, OrderedDictionary<string, AppResource> Resources)
{
    /// <summary>What was read but nothing is generated for, in words: kinds of resources that are not known, and resources that Aspire itself failed to write.</summary>
    public IReadOnlyList<string> Notices => [.. Resources.Values.Select(static resource => resource switch
    {
        UnknownResource unknown => $"'{unknown.Name}' has the type '{unknown.Type}', which is not known here: nothing is generated for it.",
        FaultyResource faulty => $"'{faulty.Name}' could not be published by its app host: {faulty.Error}",
        ExecutableResource executable => $"'{executable.Name}' is a program of the developer's machine ('{executable.Command}'): nothing is generated for it. A container or a Dockerfile can be deployed.",
        ProjectResource { Deployment: { } type } => $"'{resource.Name}' has a deployment of its own ('{type}'), which is not for Kubernetes: it is deployed like any other project.",
        ContainerResource { Build.Secrets: { Count: > 0 } secrets } => $"'{resource.Name}' is built with secrets ({string.Join(", ", secrets)}), which nothing is generated for: whoever builds its image gives them.",
        _ => null,
    }).OfType<string>()];

    /// <summary>The resources that become pods, in the order of the file.</summary>
    public IEnumerable<WorkloadResource> Workloads => Resources.Values.OfType<WorkloadResource>().Where(static w => w is not ExecutableResource);
}
