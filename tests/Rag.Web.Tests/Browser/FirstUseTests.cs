using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Browser;

/// <summary>The way of somebody who comes for the first time: in by a link, a collection, a document, a question, its source.</summary>
[Collection(Chromium.Tests)]
public sealed class FirstUseTests(Chromium chromium, WebSite site) : IClassFixture<WebSite>
{
    private static readonly string Handbook = string.Join("\n\n",
        Enumerable.Range(1, 60).Select(static n => $"Paragraph {n} is about something else entirely, at some length, so that the text is longer than a window.")
            .Append("Everybody has thirty days of holiday a year. Holiday that is left over in December may be taken until the end of March.")
            .Concat(Enumerable.Range(61, 40).Select(static n => $"Paragraph {n} is about yet another thing, and follows what matters.")));

    [Fact]
    public async Task From_a_one_time_link_to_a_cited_passage()
    {
        await using var visit = await chromium.VisitAsync(site.Address);
        var page = visit.Page;

        await page.GotoAsync($"/signin?token={StandInApi.OneTimeLink}");
        await page.WaitForURLAsync("**/collections");
        await page.GetByLabel("Name").FillAsync("staff-handbook");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create collection" }).ClickAsync();
        await page.WaitForURLAsync("**/collections/staff-handbook/documents?done=collection-created");
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Add the first documents");

        site.State.HoldProcessing = new TaskCompletionSource();
        await page.PickFilesAsync(new FilePayload { Name = "handbook.txt", MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes(Handbook) });
        var row = page.Locator(".doc");
        await Assertions.Expect(row.Locator(".chip")).ToHaveTextAsync("Processing");
        await Assertions.Expect(row.Locator("progress")).ToHaveAttributeAsync("max", "100");
        site.State.HoldProcessing.SetResult();
        site.State.HoldProcessing = null;
        await Assertions.Expect(row.Locator(".chip")).ToHaveTextAsync("Ready");
        await Assertions.Expect(page.Locator("[data-count=ready]")).ToHaveTextAsync("1");

        await page.GetByRole(AriaRole.Link, new() { Name = "Ask", Exact = true }).ClickAsync();
        await page.GetByLabel("Your question").FillAsync("How much holiday is there?");
        await page.Keyboard.PressAsync("Enter");
        var answer = page.Locator(".turn-answer");
        await Assertions.Expect(answer).ToContainTextAsync("Everybody has thirty days of holiday a year.");
        await answer.GetByRole(AriaRole.Button, new() { Name = "Source 1" }).ClickAsync();

        var mark = page.Locator("#source mark");
        await Assertions.Expect(mark).ToHaveTextAsync("Everybody has thirty days of holiday a year.");
        await Assertions.Expect(mark).ToBeInViewportAsync();
        await Assertions.Expect(page.Locator("#source [data-part=place]")).ToContainTextAsync("page 3");

        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#source")).ToBeHiddenAsync();
        await Assertions.Expect(answer.GetByRole(AriaRole.Button, new() { Name = "Source 1" })).ToBeFocusedAsync();
        visit.AssertQuiet();
    }

    [Fact]
    public async Task Too_many_wrong_keys_are_told_on_a_page_that_leads_back_with_the_keyboard_alone()
    {
        // Of its own: the other tests come from the same address.
        await using var process = WebSite.StartProcess(site.ApiAddress, new Dictionary<string, string> { ["Rag__Web__FailedSignInsPerMinute"] = "1" });
        await process.WaitUntilOkAsync("/health/live", TimeSpan.FromSeconds(60));
        using (var stranger = new PlainClient(process.BaseAddress))
        using (var answer = await stranger.PostFormAsync("/signin", "/signin", new() { ["key"] = "rag_wrong" }))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        await using var visit = await chromium.VisitAsync(process.BaseAddress);
        var page = visit.Page;
        await page.GotoAsync("/signin?return=%2Fkeys");
        await page.Keyboard.TypeAsync(StandInApi.AdminKey);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Too many failed sign-ins");
        await Assertions.Expect(page).ToHaveTitleAsync("Too many failed sign-ins · RagPlatform");
        await Assertions.Expect(page.GetByText(new Regex("Wait \\d+ seconds, then try again"))).ToBeVisibleAsync();
        Assert.Empty(await Accessibility.FindingsAsync(page, "too many"));

        await page.GetByRole(AriaRole.Link, new() { Name = "Try again" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByLabel("API key")).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator("input[name=return]")).ToHaveValueAsync("/keys");
    }
}
