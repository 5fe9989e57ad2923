using System.Globalization;
using Rag.Bench;
using Rag.Testing;

// dotnet run -c Release --project tests/bench [-- [--only laptop|load|scale|generate|images] [--quick]]
// Writes one table for each measurement to standard output and to docs/performance.md (between its markers). --quick runs a tenth and
// writes nothing. Returns 1 when a request failed.
// 'images' takes what 'rag images' made, from --archives FOLDER; where there is nothing it is left out unless it is asked for.
var collections = Repository.Shared("ir");
var archives = Option("--archives") ?? Path.Combine(Repository.Root, "artifacts", "images");
var text = new Lazy<NaturalText>(() => NaturalText.Read(collections));
Dictionary<string, Func<bool, Task<Table>>> measurements = new()
{
    ["laptop"] = quick => LaptopBench.RunAsync(text.Value, quick),
    ["load"] = quick => LoadBench.RunAsync(text.Value, quick),
    ["scale"] = quick => ScaleBench.RunAsync(text.Value, quick),
    ["generate"] = GenerateBench.RunAsync,
    ["images"] = quick => ImagesBench.RunAsync(archives, quick),
};
var quick = args.Contains("--quick");
var only = Option("--only");
if (only is not null && !measurements.ContainsKey(only))
{
    Console.Error.WriteLine($"There is no measurement '{only}'; there are: {string.Join(", ", measurements.Keys)}.");
    return 2;
}

if (only is not ("images" or "generate") && !Directory.Exists(collections))
{
    Console.Error.WriteLine("The measurements need natural text: set RAG_SHARED to a folder that holds 'ir' with judged collections in BEIR layout.");
    return 2;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var faults = 0;
foreach (var (_, measureAsync) in measurements.Where(measurement => only is null ? measurement.Key != "images" || Directory.Exists(archives) : measurement.Key == only))
{
    var table = await measureAsync(quick);
    faults += table.Faults;
    if (!quick)
    {
        MeasuredTable.Write(Path.Combine(Repository.Root, "docs", "performance.md"), $"measured {table.Name}", table.Columns, table.Rows);
    }
}

return faults == 0 ? 0 : 1;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at ? args.ElementAtOrDefault(at + 1) ?? "" : null;
