using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Images come from where the values allow. Looked at when everything is planned, because parts of the platform bring images of their own.</summary>
internal static class ImageRules
{
    /// <summary>Goes on only where every image comes from there.</summary>
    /// <exception cref="ValuesException">Some do not; all of them are named.</exception>
    public static void Require(PlanContext context, IReadOnlyList<PlannedObject> objects)
    {
        var allowed = context.Values.Images.AllowedRegistries;
        if (allowed.Count == 0)
        {
            return;
        }

        var faults = new RuleFaults(context.Values.Places);
        foreach (var image in PodTemplates.Images(objects).Where(image => !allowed.Any(ImageReference.Parse(image).IsFrom)))
        {
            faults.Add("images.allowedRegistries", $"'{image}' comes from none of them; allowed are: {string.Join(", ", allowed)}. 'images.mirror' or 'images.override' fetches it from there.");
        }

        if (faults.Lines.Count > 0)
        {
            throw new ValuesException(faults.Lines);
        }
    }
}
