using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;
using Rag.Fuzz;
using Rag.Testing;
using Rag.Testing.Mutations;

// dotnet run -c Release --project tests/fuzz [-- --count 10000 --seed 1 --format pdf --through both|here|child]
// Damages files of every format, has each read in this process and in the child process, and prints one table. Exits with 1 when
// anything was found; --format F --only N writes the file of that number to artifacts/fuzz and reads it alone.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
FuzzArguments arguments;
try
{
    arguments = FuzzArguments.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

var formats = MutationCorpus.Formats.Where(format => arguments.Formats.Count == 0 || arguments.Formats.Contains(format.Name)).ToList();
if (arguments.Only is { } number)
{
    return await ReadOneAsync(formats[0], number);
}

Console.WriteLine($"Seed {arguments.Seed}, {arguments.Count} files of each format, {arguments.Parallel} at the same time.");
Console.WriteLine();
Console.WriteLine("| format | files | documents | problems, classified | longest | most allocated by a reader | most memory below this process | findings | took |");
Console.WriteLine("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
var found = new List<(string Format, MutationFinding Finding)>();
foreach (var format in formats)
{
    var clock = Stopwatch.StartNew();
    await using var peak = new MemoryPeak();
    await using var child = arguments.Child ? Child() : null;
    var report = await MutationRun.RunAsync(format, arguments.Seed, arguments.Count, arguments.Here, child, arguments.Parallel);
    var problems = string.Join(", ", report.Problems.Select(static problem => $"{problem.Key} {problem.Value}"));
    Console.WriteLine(
        $"| {format.Name} | {report.Files} | {report.Documents} | {problems} | {report.Longest.TotalMilliseconds:F0} ms (file {report.Slowest}) | {report.MostAllocated / (1024.0 * 1024):F1} MiB "
        + $"| {peak.MiB} MiB | {report.Findings.Count} | {clock.Elapsed.TotalSeconds:F0} s |");
    found.AddRange(report.Findings.Select(finding => (format.Name, finding)));
}

Console.WriteLine();
foreach (var (format, finding) in found.Take(50))
{
    Console.WriteLine($"{format} {finding.Number}: {finding.What}");
}

return found.Count == 0 ? 0 : 1;

async Task<int> ReadOneAsync(MutatedFormat format, int only)
{
    var file = format.File(arguments.Seed, only);
    var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "fuzz"));
    var path = Path.Combine(folder.FullName, $"{arguments.Seed}-{only}-{format.FileName}");
    await File.WriteAllBytesAsync(path, file);
    Console.WriteLine($"{path}: {file.Length} bytes");
    await using var child = Child();
    IDocumentExtractor extractor = arguments.Child ? child : new InProcessDocumentExtractor(Options.Create(new ExtractionOptions()));
    var document = await extractor.ExtractAsync(new ExtractionRequest(format.FileName, null, _ => Task.FromResult<Stream>(new MemoryStream(file))), CancellationToken.None);
    Console.WriteLine($"{document.MediaType}, {document.Blocks.Count} blocks, {document.Text.Length} characters, {document.Warnings.Count} warnings");
    return 0;
}

static ProcessDocumentExtractor Child() => new(
    Options.Create(new ExtractionOptions { Command = ChildProgram(), Timeout = TimeSpan.FromSeconds(30) }), TimeProvider.System, NullLogger<ProcessDocumentExtractor>.Instance);

// Built beside this program's own folder, in the same configuration.
static string ChildProgram() => Path.Combine(
    Repository.Root, "Rag.Ingest", "bin", Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!), "net10.0", "rag-ingest.dll");
