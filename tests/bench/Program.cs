using System.Globalization;
using Rag.Bench;
using Rag.Testing;

// dotnet run -c Release --project tests/bench [-- [--only laptop|load|scale] [--quick]]
// Writes one table for each measurement to standard output and to docs/performance.md (between its markers). --quick runs a tenth and
// writes nothing. Returns 1 when a request failed.
Dictionary<string, Func<NaturalText, bool, Task<Table>>> measurements = new()
{
    ["laptop"] = LaptopBench.RunAsync,
    ["load"] = LoadBench.RunAsync,
    ["scale"] = ScaleBench.RunAsync,
};
var quick = args.Contains("--quick");
var only = Array.IndexOf(args, "--only") is >= 0 and var at ? args.ElementAtOrDefault(at + 1) ?? "" : null;
if (only is not null && !measurements.ContainsKey(only))
{
    Console.Error.WriteLine($"There is no measurement '{only}'; there are: {string.Join(", ", measurements.Keys)}.");
    return 2;
}

var collections = Repository.Shared("ir");
if (!Directory.Exists(collections))
{
    Console.Error.WriteLine("The measurements need natural text: set RAG_SHARED to a folder that holds 'ir' with judged collections in BEIR layout.");
    return 2;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var text = NaturalText.Read(collections);
var faults = 0;
foreach (var (_, measureAsync) in measurements.Where(measurement => only is null || measurement.Key == only))
{
    var table = await measureAsync(text, quick);
    faults += table.Faults;
    if (!quick)
    {
        MeasuredTable.Write(Path.Combine(Repository.Root, "docs", "performance.md"), $"measured {table.Name}", table.Columns, table.Rows);
    }
}

return faults == 0 ? 0 : 1;
