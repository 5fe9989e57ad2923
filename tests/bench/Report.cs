using System.Runtime.InteropServices;
using System.Text;

namespace Rag.Bench;

/// <summary>Puts the table into the document, between two markers, with the machine that it was measured on.</summary>
internal static class Report
{
    private const string Begin = "<!-- measured: begin -->";
    private const string End = "<!-- measured: end -->";

    /// <exception cref="InvalidOperationException">The document lost its markers.</exception>
    public static void Write(string path, IReadOnlyList<(string What, string Value)> rows)
    {
        var document = File.ReadAllText(path);
        var begin = document.IndexOf(Begin, StringComparison.Ordinal);
        var end = document.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidOperationException($"'{path}' has lost its markers '{Begin}' and '{End}'.");
        }

        var table = new StringBuilder().AppendLine(Begin).AppendLine($"Machine: {Machine()}").AppendLine().AppendLine("| what | measured |").AppendLine("| --- | --- |");
        foreach (var (what, value) in rows)
        {
            table.Append("| ").Append(what.Trim()).Append(" | ").Append(value).AppendLine(" |");
        }

        File.WriteAllText(path, document[..begin] + table + document[end..]);
    }

    private static string Machine()
    {
        var processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        return $"{Environment.ProcessorCount} cores ({processor ?? RuntimeInformation.ProcessArchitecture.ToString()}), "
            + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1L << 30)} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, "
            + $"{DateTime.UtcNow:yyyy-MM-dd}";
    }
}
