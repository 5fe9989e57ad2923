using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Rag.Testing;

namespace Rag.Bench;

/// <summary><c>./rag generate</c> as a person types it: AppHost writes its manifest, and every environment becomes a tree. The second run over the first must change no byte.</summary>
internal static class GenerateBench
{
    public static async Task<Table> RunAsync(bool quick)
    {
        var table = new Table("generate", "what", "measured");
        var folder = Directory.CreateTempSubdirectory("rag-generate-");
        try
        {
            // Whatever is to be built is built by the first, which does not count.
            await GenerateAsync(Path.Combine(folder.FullName, "warm-up"));
            var (first, second) = (new List<double>(), new List<double>());
            for (var i = 0; i < (quick ? 1 : 5); i++)
            {
                var tree = Path.Combine(folder.FullName, $"tree-{i}");
                first.Add(await GenerateAsync(tree));
                var before = Hashes(tree);
                second.Add(await GenerateAsync(tree));
                var changed = before.Union(Hashes(tree)).Count() - before.Count;
                table.Faults += changed;
                if (i == 0)
                {
                    table.Add("Files of the tree, of dev and prod with their charts", before.Count.ToString(CultureInfo.InvariantCulture));
                    table.Add("Files that a second run changes, adds or removes", changed.ToString(CultureInfo.InvariantCulture));
                    foreach (var environment in new[] { "dev", "prod" })
                    {
                        var rendered = await RunAsync("kubectl", ["kustomize", Path.Combine(tree, "overlays", environment)]);
                        table.Add($"Objects of `kubectl kustomize overlays/{environment}`", (rendered.Split("\n---\n").Length).ToString(CultureInfo.InvariantCulture));
                    }
                }
            }

            table.Add("`./rag generate` into an empty folder", string.Create(CultureInfo.InvariantCulture, $"{Median(first):F1} s"));
            table.Add("`./rag generate` over what is there", string.Create(CultureInfo.InvariantCulture, $"{Median(second):F1} s"));
            return table;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> GenerateAsync(string tree)
    {
        var watch = Stopwatch.StartNew();
        await RunAsync(Path.Combine(Repository.Root, "rag"), ["generate", "--output", tree]);
        return watch.Elapsed.TotalSeconds;
    }

    private static HashSet<(string File, string Hash)> Hashes(string tree) =>
    [
        .. Directory.EnumerateFiles(tree, "*", SearchOption.AllDirectories).Select(file => (Path.GetRelativePath(tree, file), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))))),
    ];

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{Path.GetFileName(program)} {arguments[0]}: {await error}");
    }
}
