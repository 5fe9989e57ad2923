using System.Globalization;
using Rag.Chaos;
using Rag.Testing;

// dotnet run -c Release --project tests/chaos [-- --kills 100 --documents 200 --seed 1 --stores all|qdrant|embedded|bucket]
// Kills and cuts while documents are sent and searched, in three worlds, each with its share of the kills and all of the documents; then compares
// every store with every other and with what was sent. Prints one table, writes it to docs/reliability.md (between its markers) when it ran
// in full and found nothing, and what the services wrote to artifacts/chaos. Exits with 1 when anything was found. About fifteen minutes.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
ChaosArguments arguments;
try
{
    arguments = ChaosArguments.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

using var limit = new CancellationTokenSource(TimeSpan.FromHours(1));
var reports = new List<ChaosReport>();
foreach (var stores in arguments.Stores)
{
    Console.WriteLine($"{stores}, seed {arguments.Seed}");
    if (stores == ChaosStores.Qdrant && QdrantServer.UncheckedReason is { } reason)
    {
        Console.WriteLine(reason);
    }

    var folder = Path.Combine(Repository.Root, "artifacts", "chaos", $"{arguments.Seed}-{stores}".ToLowerInvariant());
    var settings = new ChaosSettings(stores, arguments.Documents, (arguments.Kills + arguments.Stores.Count - 1) / arguments.Stores.Count, arguments.Seed, TimeSpan.FromMinutes(10), folder);
    reports.Add(await ChaosRun.RunAsync(settings, Console.WriteLine, limit.Token));
}

var columns = reports.Select(static report => report.Rows().ToList()).ToList();
List<IReadOnlyList<string>> rows = [.. Enumerable.Range(0, columns[0].Count).Select(i => (string[])[columns[0][i].What, .. columns.Select(column => column[i].Value)])];
rows.Insert(0, ["seed", .. reports.Select(static report => report.Settings.Seed.ToString(CultureInfo.InvariantCulture))]);
foreach (var row in rows)
{
    Console.WriteLine(string.Join(" | ", row));
}

foreach (var report in reports)
{
    foreach (var finding in report.Findings)
    {
        Console.WriteLine($"{report.Settings.Stores}: {finding}");
    }
}

var found = reports.Exists(static report => report.Findings.Count > 0);
if (arguments.IsFull && !found && TinyDisk.Refusal is { } refusal)
{
    Console.WriteLine($"The table is not written, as no disk was filled. {refusal}");
}
else if (arguments.IsFull && !found)
{
    string[] heads = ["what", .. reports.Select(static report => report.Settings.Stores switch
    {
        ChaosStores.Qdrant => "Qdrant's stand-in, originals in PostgreSQL",
        ChaosStores.Bucket => "embedded index, originals in a bucket of OpenStack Swift",
        _ => "embedded index, originals on a small disk",
    })];
    MeasuredTable.Write(Path.Combine(Repository.Root, "docs", "reliability.md"), "chaos", heads, rows);
}

return found ? 1 : 0;
