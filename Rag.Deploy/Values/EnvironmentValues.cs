namespace Rag.Deploy.Values;

/// <summary>The values of a folder: <c>values.yaml</c> for what environments have in common, <c>values.NAME.yaml</c> laid over it for each.</summary>
/// <param name="Common">Of <c>values.yaml</c> alone.</param>
/// <param name="Environments">By name. There is always <c>dev</c>; without a file of its own it is the common values.</param>
public sealed record EnvironmentValues(DeployValues Common, SortedDictionary<string, DeployValues> Environments)
{
    private const string Prefix = "values.";
    private const string Suffix = ".yaml";
    private const string Standard = "dev";

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
        foreach (var file in Directory.EnumerateFiles(folder, $"{Prefix}*{Suffix}").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            if (name.Length > Prefix.Length + Suffix.Length - 1)
            {
                var environment = name[Prefix.Length..^Suffix.Length];
                environments[environment] = Try([.. shared, file]) with { Environment = environment };
            }
        }

        return faults.Count > 0 ? throw new ValuesException([.. faults.Distinct()]) : new EnvironmentValues(standard, environments);

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
