using Rag.Web.Tests.StandIn;

namespace Rag.Web.Tests.Support;

/// <summary>A believable shelf, so that screenshots and layout tests see what people will see.</summary>
internal static class Samples
{
    public const string Collection = "field-station";

    public static void Fill(StandInState state)
    {
        state.AddCollection("contracts", "Supplier contracts since 2019, one file each.");
        var shelf = state.AddCollection(Collection, "How the research station on the island is run: the handbook, safety sheets and the minutes of the crew.");
        state.AddCollection("new-arrivals");
        var start = DateTimeOffset.UtcNow.AddDays(-3);
        Add(new StandInDocument { Name = "crew-minutes-spring.docx", Original = new byte[48_200], Text = Minutes, Status = "ready", Generation = 1, Progress = 100, Created = start.AddHours(1) });
        Add(new StandInDocument { Name = "station-handbook.pdf", Title = "Handbook of the Field Station", Original = new byte[1_843_000], MediaType = "application/pdf", Text = Handbook, Status = "ready", Generation = 2, Progress = 100, Pages = 64, Created = start.AddHours(2) });
        Add(new StandInDocument { Name = "tide-tables-2026.csv", Original = new byte[312_000], Text = Tides, Status = "ready", Generation = 1, Progress = 100, Warnings = ["The encoding was not stated; it was read as Windows-1252."], Created = start.AddHours(3) });
        Add(new StandInDocument { Name = "old-generator-manual.pdf", Original = new byte[9_400_000], Status = "failed", Attempts = 1, Problem = new StandInProblem("no-text", "The PDF holds only pictures of pages, no text. Run it through text recognition and add the result."), Created = start.AddHours(4) });
        Add(new StandInDocument { Name = "bird-census-protocol.html", Title = "Protocol of the bird census", Original = new byte[88_000], Status = "processing", Stage = "embedding", Progress = 62, Created = start.AddHours(5) });
        Add(new StandInDocument { Name = "boat-maintenance.md", Original = new byte[12_900], Status = "queued", Created = start.AddHours(6) });
        void Add(StandInDocument document) => shelf.Documents[document.Id] = document;
        state.Keys[Guid.CreateVersion7()] = new StandInKey(Guid.CreateVersion7(), "Administrator", ["read", "write", "admin"], null, start, null, DateTimeOffset.UtcNow, true);
        state.Keys[Guid.CreateVersion7()] = new StandInKey(Guid.CreateVersion7(), "Kiosk in the library", ["read"], [Collection], start, start.AddDays(90), start.AddDays(2), false);
    }

    private const string Handbook =
        """
        Chapter 4. Water and power

        The station collects rain from the roofs of the two laboratories. A dry summer month brings about nine hundred litres, a wet autumn month four times as much, and the tanks together hold six thousand.

        4.1 Drinking water

        Drinking water is filtered twice and tested on the first Monday of every month. Between two tests the reading of the chlorine strip is written into the blue book each morning; a strip paler than the second field means that the tank is shut off and the crew is told at once.

        4.2 When the generator fails

        If the generator fails, the freezers keep their temperature for eleven hours as long as nobody opens them. Start the reserve generator within the first two hours, then call the harbour office. The sample freezer in laboratory two comes first, the kitchen last.

        The reserve generator stands in the boathouse. It takes four strokes of the hand pump before it starts, and it must run for ten minutes before anything is connected.

        4.3 Heating

        Rooms that nobody sleeps in are heated to twelve degrees. The stove in the common room may burn through the night only when somebody keeps watch.
        """;

    private const string Minutes =
        """
        Minutes of the spring meeting of the crew

        The reserve generator was tested on the third of April and started at the fifth stroke. The pump is worn; a new one was ordered from the mainland and comes with the second boat in May.

        Two places are free for visiting students in July. Applications go to the station's office.
        """;

    private const string Tides = "date;high;low\n2026-01-01;03:12;09:40\n2026-01-02;04:01;10:27";
}
