namespace Rag.Bench;

/// <summary>What was measured, row by row; shown while it grows.</summary>
/// <param name="Name">What selects the measurement, and marks its table's place in the document.</param>
/// <param name="Columns">First what, then how much.</param>
internal sealed record Table(string Name, params string[] Columns)
{
    private readonly List<string[]> _rows = [];

    public IReadOnlyList<string[]> Rows => _rows;

    /// <summary>Requests that failed, which none should.</summary>
    public int Faults { get; set; }

    /// <summary>One cell for each column.</summary>
    public void Add(params string[] cells)
    {
        if (cells.Length != Columns.Length)
        {
            throw new ArgumentException($"'{Name}' has {Columns.Length} columns, not {cells.Length}.", nameof(cells));
        }

        _rows.Add(cells);
        Console.WriteLine(string.Join("  ", cells.Select(static (cell, i) => i == 0 ? cell.PadRight(62) : cell.PadRight(24))).TrimEnd());
    }
}
