using System.Runtime.InteropServices;
using System.Text;

namespace Rag.Testing;

/// <summary>Puts a table into a document, between two markers, with the machine that it was measured on.</summary>
public static class MeasuredTable
{
    /// <param name="path">A document that holds <c>&lt;!-- name: begin --&gt;</c> and <c>&lt;!-- name: end --&gt;</c>.</param>
    /// <param name="name">Of the markers.</param>
    /// <param name="columns">Heads of the columns.</param>
    /// <param name="rows">A cell for each column.</param>
    /// <exception cref="InvalidOperationException">The document lost its markers.</exception>
    public static void Write(string path, string name, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var (first, last) = ($"<!-- {name}: begin -->", $"<!-- {name}: end -->");
        var document = File.ReadAllText(path);
        var begin = document.IndexOf(first, StringComparison.Ordinal);
        var end = document.IndexOf(last, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidOperationException($"'{path}' has lost its markers '{first}' and '{last}'.");
        }

        var table = new StringBuilder().AppendLine(first).AppendLine($"Machine: {Machine()}").AppendLine().AppendLine(Row(columns)).AppendLine(Row(columns.Select(static _ => "---")));
        foreach (var row in rows)
        {
            table.AppendLine(Row(row));
        }

        File.WriteAllText(path, document[..begin] + table + document[end..]);
    }

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(static cell => cell.Trim()))} |";

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
