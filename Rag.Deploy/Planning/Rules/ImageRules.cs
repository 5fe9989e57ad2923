namespace Rag.Deploy.Planning.Rules;

/// <summary>Images come from where the values allow.</summary>
internal static class ImageRules
{
    public static void Check(PlanContext context, IReadOnlyList<PlannedObject> objects, RuleFaults faults)
    {
        var allowed = context.Values.Images.AllowedRegistries;
        if (allowed.Count == 0)
        {
            return;
        }

        var images = objects.Select(static planned => PodTemplates.Of(planned.Object)?.Spec).OfType<Kubernetes.PodSpec>()
            .SelectMany(static pod => (pod.InitContainers ?? []).Concat(pod.Containers))
            .Select(static container => container.Image)
            .Distinct();
        foreach (var image in images.Where(image => !allowed.Any(ImageReference.Parse(image).IsFrom)))
        {
            faults.Add("images.allowedRegistries", $"'{image}' comes from none of them; allowed are: {string.Join(", ", allowed)}. 'images.mirror' or 'images.override' fetches it from there.");
        }
    }
}
