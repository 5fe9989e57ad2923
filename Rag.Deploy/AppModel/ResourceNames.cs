using System.Text.RegularExpressions;

namespace Rag.Deploy.AppModel;

/// <summary>
/// What Aspire lets a resource be called. An app host cannot write another name, so one that stands in a manifest was put there by hand or by
/// another tool; expressions would not find it, and half of what is made of it would be no name in a cluster.
/// </summary>
internal static partial class ResourceNames
{
    /// <summary>What <see cref="IsAllowed"/> allows, in words.</summary>
    public const string Allowed = "letters, digits and '-', beginning with a letter, not ending with '-' and never with two of them in a row, at most 64 characters";

    private const int Longest = 64;

    /// <summary>Whether an app host could have written it. What Aspire itself derives from another name, such as an encoded form, may be longer.</summary>
    public static bool IsAllowed(AppResource resource) => resource switch
    {
        UnknownResource or FaultyResource => true,
        FilteredResource => Name().IsMatch(resource.Name),
        _ => resource.Name.Length <= Longest && Name().IsMatch(resource.Name),
    };

    /// <summary>Whether names are told apart by it: of what is not known here, nothing is made that could be mistaken.</summary>
    public static bool IsUsed(AppResource resource) => resource is not (UnknownResource or FaultyResource);

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}
