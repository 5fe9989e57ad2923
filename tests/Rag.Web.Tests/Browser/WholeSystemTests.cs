using System.Text;
using Microsoft.Playwright;
using Rag.Testing;
using Rag.Testing.Samples;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Browser;

/// <summary>The first way of a person through the real product: front end, API, worker, PostgreSQL.</summary>
[Collection(Chromium.Tests)]
public sealed class WholeSystemTests(Chromium chromium, RealSystem system) : IClassFixture<RealSystem>
{
    private const string Handbook =
        """
        # Handbook of the Field Station

        How the station on the island is run, for everybody who works or visits there.

        ## Water and power

        The station collects rain from the roofs of the two laboratories. A dry summer month brings about nine hundred litres, a wet autumn month four times as much, and the tanks together hold six thousand.

        ### Drinking water

        Drinking water is filtered twice and tested on the first Monday of every month. Between two tests the reading of the chlorine strip is written into the blue book each morning; a strip paler than the second field means that the tank is shut off and the crew is told at once.

        ### When the generator fails

        If the generator fails, the freezers keep their temperature for eleven hours as long as nobody opens them. Start the reserve generator within the first two hours, then call the harbour office. The sample freezer in laboratory two comes first, the kitchen last.

        The reserve generator stands in the boathouse. It takes four strokes of the hand pump before it starts, and it must run for ten minutes before anything is connected.

        ## Visitors

        Two places are free for visiting students in July. Applications go to the station's office before the end of March.
        """;

    [Fact]
    public async Task From_the_link_to_the_highlighted_passage_of_every_format()
    {
        await using var visit = await chromium.VisitAsync(system.Address, new BrowserNewContextOptions { ReducedMotion = ReducedMotion.Reduce });
        visit.Context.SetDefaultTimeout(60_000);
        var page = visit.Page;
        var patient = new LocatorAssertionsToHaveTextOptions { Timeout = 90_000 };

        await page.GotoAsync($"/signin?token={system.SignInToken}");
        await page.WaitForURLAsync("**/collections");
        await page.GetByLabel("Name").FillAsync("field-station");
        await page.GetByLabel("What is in it").FillAsync("How the research station on the island is run.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create collection" }).ClickAsync();
        await page.WaitForURLAsync("**/documents?done=collection-created");

        await page.PickFilesAsync(
        [
            new FilePayload { Name = "station-handbook.md", MimeType = "text/markdown", Buffer = Encoding.UTF8.GetBytes(Handbook) },
            new FilePayload { Name = "boat.pdf", MimeType = "application/pdf", Buffer = SamplePdf.Create("The boat is painted every second spring.", "Lifejackets hang in the boathouse and are checked each Friday.") },
            new FilePayload { Name = "birds.docx", MimeType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Buffer = SampleDocx.Create("Puffins are counted from the northern cliff at dawn.") },
            new FilePayload { Name = "tides.html", MimeType = "text/html", Buffer = "<title>Tides</title><script>document.title='owned'</script><h1>Tides</h1><p>Spring tides reach the lower landing stage twice a month.</p>"u8.ToArray() },
            new FilePayload { Name = "cut-off.pdf", MimeType = "application/pdf", Buffer = SamplePdf.CreateTruncated() },
        ]);
        foreach (var name in (string[])["station-handbook.md", "boat.pdf", "birds.docx", "tides.html"])
        {
            await Assertions.Expect(page.Locator(".doc", new() { HasText = name }).Locator(".chip")).ToHaveTextAsync("Ready", patient);
        }

        var broken = page.Locator(".doc", new() { HasText = "cut-off.pdf" });
        await Assertions.Expect(broken.Locator(".chip")).ToHaveTextAsync("Failed", patient);
        Assert.NotEmpty(await broken.Locator(".doc-problem").InnerTextAsync());
        await broken.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Assertions.Expect(broken.Locator(".chip")).ToHaveTextAsync("Failed", patient);
        await broken.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete document" }).ClickAsync();
        await Assertions.Expect(broken).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Link, new() { Name = "Ask", Exact = true }).ClickAsync();
        await AskAsync(page, "When are the lifejackets checked?", "boat.pdf", "Lifejackets hang in the boathouse");
        await AskAsync(page, "From where are puffins counted?", "birds.docx", "Puffins are counted from the northern cliff");
        await AskAsync(page, "How often do spring tides reach the landing stage?", "Tides", "Spring tides reach the lower landing stage");
        await page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await AskAsync(page, "How long do the freezers stay cold when the generator fails?", "Handbook", "freezers keep their temperature for eleven hours");
        await page.Mouse.MoveAsync(640, 5);
        await ShootAsync(page, "real-ask-light-1280");

        await page.GetByRole(AriaRole.Link, new() { Name = "Open in full" }).ClickAsync();
        await Assertions.Expect(page.Locator("mark").First).ToContainTextAsync("eleven hours");
        await Assertions.Expect(page.Locator("mark").First).ToBeInViewportAsync();
        await ShootAsync(page, "real-source-light-1280");
        Assert.DoesNotContain("owned", await page.TitleAsync(), StringComparison.Ordinal);
        visit.AssertQuiet();
    }

    private static async Task AskAsync(IPage page, string question, string source, string quote)
    {
        await page.GetByLabel("Your question").FillAsync(question);
        await page.Keyboard.PressAsync("Enter");
        var turn = page.Locator(".turn").Last;
        await Assertions.Expect(turn.Locator(".turn-answer")).ToContainTextAsync(quote);
        await Assertions.Expect(turn.Locator(".turn-sources")).ToContainTextAsync(source);
        await turn.Locator(".turn-answer .marker").First.ClickAsync();
        await Assertions.Expect(page.Locator("#source mark").First).ToContainTextAsync(quote);
        await Assertions.Expect(page.Locator("#source mark").First).ToBeInViewportAsync();
    }

    private static Task ShootAsync(IPage page, string name) =>
        Picture.TakeAsync(page, Path.Combine(Repository.Root, "artifacts", "screenshots", name + ".png"));
}
