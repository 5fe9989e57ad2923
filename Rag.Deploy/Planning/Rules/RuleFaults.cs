using System.Globalization;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>What is wrong with values that were each of the right form: one line for each fault, in the shape of those that the reader finds.</summary>
internal sealed class RuleFaults(ValuePlaces places)
{
    private readonly List<string> _lines = [];

    /// <summary>In the order in which they were found.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Where the values stand.</summary>
    public ValuePlaces Places => places;

    /// <summary>A fault in other words than the two below have.</summary>
    public void Add(string path, string message) => _lines.Add($"{places.Of(path)}: {message}");

    /// <summary>Lines that somebody else wrote.</summary>
    public void AddRange(IEnumerable<string> lines) => _lines.AddRange(lines);

    /// <summary>A fault of the app model that shows only together with the values, or when everything is planned.</summary>
    /// <param name="file">Of the manifest.</param>
    /// <param name="resource">Its name; null: none of them alone.</param>
    /// <param name="message">What is wrong and what to do, as sentences.</param>
    public void OfManifest(string file, string? resource, string message) => _lines.Add(resource is null ? $"{file}: {message}" : $"{file}: resource '{resource}': {message}");

    /// <summary>A value that would be allowed if others were not what they are.</summary>
    /// <param name="path">Of the value.</param>
    /// <param name="value">What stands there.</param>
    /// <param name="allowed">What may stand there.</param>
    /// <param name="reason">Which other value, or what of the cluster, says so.</param>
    public void NotAllowed(string path, object value, string allowed, string reason) =>
        Add(path, string.Create(CultureInfo.InvariantCulture, $"'{value}' is not allowed; allowed is: {allowed}, because {reason}."));

    /// <summary>A name that leads nowhere.</summary>
    /// <param name="path">Of the name.</param>
    /// <param name="what">It should be, such as <c>workload</c>.</param>
    /// <param name="known">Names that there are.</param>
    public void Unknown(string path, string what, IEnumerable<string> known) =>
        Add(path, $"there is no such {what}; there {(known.ToList() is { Count: > 0 } all ? $"are: {string.Join(", ", all)}" : "is none")}.");
}
