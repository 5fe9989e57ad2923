namespace Rag.Deploy.Values;

/// <summary>The values of a folder: <c>values.yaml</c> for what environments have in common, <c>values.NAME.yaml</c> laid over it for each.</summary>
/// <param name="Common">Of <c>values.yaml</c> alone.</param>
/// <param name="Environments">By name. There is always <c>dev</c>; without a file of its own it is the common values.</param>
public sealed record EnvironmentValues(DeployValues Common, SortedDictionary<string, DeployValues> Environments)
{
    private const string Prefix = "values.";
    private const string Suffix = ".yaml";
    private const string Standard = "dev";

    // It becomes the name of folders, which some file systems do not tell apart by upper and lower case.
    private static readonly DnsLabelAttribute Name = new(40);

    /// <summary>Reads a folder.</summary>
    /// <exception cref="ValuesException">A file holds what is not allowed. All faults of all files are named at once.</exception>
    /// <exception cref="DeployException">There is no such folder.</exception>
    public static EnvironmentValues Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
        {
            throw new DeployException($"There is no folder '{folder}'.", "Name the folder that holds values.yaml with --values.");
        }

        var common = Path.Combine(folder, "values.yaml");
        string[] shared = File.Exists(common) ? [common] : [];
        var faults = new List<string>();
        var environments = new SortedDictionary<string, DeployValues>(StringComparer.Ordinal);
        var standard = Try(shared);
        environments[Standard] = standard with { Environment = Standard };
        foreach (var file in Directory.EnumerateFiles(folder).Where(IsMeant).Order(StringComparer.Ordinal))
        {
            if (NameOf(file) is { } name && ValuesBinder.Allows(Name, name))
            {
                environments[name] = Try([.. shared, file]) with { Environment = name };
            }
            else
            {
                faults.Add($"{file}: this is no name of a file of values; allowed are: values.yaml and {Prefix}ENVIRONMENT{Suffix}, where ENVIRONMENT has {Name.ErrorMessage}.");
            }
        }

        return faults.Count > 0 ? throw new ValuesException([.. faults.Distinct()]) : new EnvironmentValues(standard, environments);

        // values.dev.yml and Values.dev.yaml are meant as well; passing them over in silence would leave out what they say.
        static bool IsMeant(string file) => Path.GetFileName(file) is var name && name != "values.yaml"
            && name.StartsWith("values", StringComparison.OrdinalIgnoreCase) && Path.GetExtension(name).ToLowerInvariant() is ".yaml" or ".yml";

        static string? NameOf(string file) => Path.GetFileName(file) is var name && name.Length > Prefix.Length + Suffix.Length
            && name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal) ? name[Prefix.Length..^Suffix.Length] : null;

        DeployValues Try(IReadOnlyList<string> files)
        {
            try
            {
                return ValuesReader.ReadFiles(files);
            }
            catch (ValuesException exception)
            {
                faults.AddRange(exception.Faults);
                return new DeployValues();
            }
        }
    }
}
