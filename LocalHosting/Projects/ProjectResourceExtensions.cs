namespace Aspire.Hosting.ApplicationModel;

/// <summary>Reading project resources.</summary>
public static class ProjectResourceExtensions
{
    public static IEnumerable<ProjectResource> GetProjectResources(this DistributedApplicationModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Resources.OfType<ProjectResource>();
    }

    /// <exception cref="InvalidOperationException">The resource says not where its project is.</exception>
    public static IProjectMetadata GetProjectMetadata(this ProjectResource projectResource)
    {
        ArgumentNullException.ThrowIfNull(projectResource);
        return projectResource.Annotations.OfType<IProjectMetadata>().LastOrDefault()
            ?? throw new InvalidOperationException($"Resource '{projectResource.Name}' has no project metadata. Add it with AddProject.");
    }
}
