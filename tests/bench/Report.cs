using System.Runtime.InteropServices;
using System.Text;

namespace Rag.Bench;

/// <summary>Puts a table into the document, between two markers of its own, with the machine that it was measured on.</summary>
internal static class Report
{
    /// <exception cref="InvalidOperationException">The document lost the table's markers.</exception>
    public static void Write(string path, Table table)
    {
        var (beginMark, endMark) = ($"<!-- measured {table.Name}: begin -->", $"<!-- measured {table.Name}: end -->");
        var document = File.ReadAllText(path);
        var begin = document.IndexOf(beginMark, StringComparison.Ordinal);
        var end = document.IndexOf(endMark, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidOperationException($"'{path}' has lost its markers '{beginMark}' and '{endMark}'.");
        }

        var text = new StringBuilder().AppendLine(beginMark).AppendLine($"Machine: {Machine()}").AppendLine();
        AppendRow(text, table.Columns);
        AppendRow(text, table.Columns.Select(static _ => "---"));
        foreach (var row in table.Rows)
        {
            AppendRow(text, row);
        }

        File.WriteAllText(path, document[..begin] + text + document[end..]);
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells.Select(static cell => cell.Trim())).AppendLine(" |");

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
