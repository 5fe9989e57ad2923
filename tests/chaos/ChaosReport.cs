using System.Globalization;

namespace Rag.Chaos;

/// <summary>What a run showed.</summary>
internal sealed record ChaosReport(ChaosSettings Settings, Outcomes Outcomes, IReadOnlyList<ChaosDocument> Documents, ContentChecks Contents, int StoreFindings, ChaosTimes Times)
{
    public IReadOnlyCollection<string> Findings => Outcomes.Findings;

    /// <summary>Processes that ended by SIGKILL.</summary>
    public int Kills => Outcomes.Faults.Where(static fault => Faults.IsKill(fault.Key)).Sum(static fault => fault.Value);

    /// <summary>Rows of a table, the same ones for every world.</summary>
    public IEnumerable<(string What, string Value)> Rows()
    {
        yield return ("processes killed by SIGKILL", Text(Kills));
        foreach (var fault in Enum.GetValues<Fault>())
        {
            yield return ($"  {Faults.NameOf(fault)}", Text(Outcomes.Faults.GetValueOrDefault(fault)));
        }

        yield return ("documents answered with 202", Text(Documents.Count(static d => d.Accepted is not null)));
        yield return ("  of them replaced by new content", Text(Documents.Count(static d => d.Contents.Count > 1)));
        yield return ("in the end: ready / parked with a reason / deleted", $"{Contents.Ready} / {Contents.Parked} / {Contents.Deleted}");
        yield return ("  parked because of", Joined(Contents.ParkedFor));
        yield return ("  parked for a passing reason, ready after a retry", Text(Times.Retried));
        yield return ("lost, or with other content than was sent", Text(Contents.Lost));
        yield return ("twice, or without owner in any store", Text(StoreFindings));
        yield return ("requests by outcome", Joined(Outcomes.Requests));
        yield return ("longest until an upload was accepted", Seconds(Outcomes.LongestUpload));
        yield return ("faults over / settled after the last one", $"{Seconds(Times.Faults)} / {Seconds(Times.Settled)}");
        yield return ("findings", Text(Findings.Count));
    }

    private static string Joined(IReadOnlyDictionary<string, int> counts) =>
        counts.Count == 0 ? "-" : string.Join(", ", counts.OrderBy(static c => c.Key, StringComparer.Ordinal).Select(static c => $"{c.Key}: {Text(c.Value)}"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");
}
