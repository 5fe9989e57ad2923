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

        foreach (var image in PodTemplates.Images(objects).Where(image => !allowed.Any(ImageReference.Parse(image).IsFrom)))
        {
            faults.Add("images.allowedRegistries", $"'{image}' comes from none of them; allowed are: {string.Join(", ", allowed)}. 'images.mirror' or 'images.override' fetches it from there.");
        }
    }
}
