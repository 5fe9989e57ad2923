using Microsoft.Playwright;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Browser;

/// <summary>Failed work in the browser, by keyboard.</summary>
[Collection(Chromium.Tests)]
public sealed class FailedPageTests(Chromium chromium, WebSite site) : IClassFixture<WebSite>
{
    [Fact]
    public async Task Failed_work_is_found_from_the_bar_retried_by_keyboard_and_discarded_after_a_question()
    {
        site.State.AddCollection("papers");
        foreach (var name in (string[])["a.pdf", "b.pdf", "c.pdf", "d.pdf"])
        {
            site.State.AddDocument("papers", name, "text", static document =>
            {
                document.Status = "failed";
                document.Problem = new StandInProblem("corrupt-file", "The file ends in the middle.");
            });
        }

        await using var visit = await chromium.VisitAsync(site.Address);
        var page = visit.Page;
        await visit.SignInAsync();
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Failed work" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "4 failed documents" })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Retry b.pdf" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "The document is in the queue again." })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".doc")).ToHaveCountAsync(3);

        // A second click is none: it would be told that somebody was faster.
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry d.pdf" }).DblClickAsync();
        await Assertions.Expect(page.Locator(".doc")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "The document is in the queue again." })).ToBeVisibleAsync();

        var discard = page.GetByRole(AriaRole.Button, new() { Name = "Discard all" });
        await discard.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Discard all failed work?");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator(".doc")).ToHaveCountAsync(2);
        await discard.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Discard all" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No failed work" })).ToBeVisibleAsync();
        visit.AssertQuiet();
    }
}
