using Microsoft.Playwright;
using Rag.Testing;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Browser;

/// <summary>
/// Every page, light and dark, wide and on a telephone. The pictures are for people to look at (artifacts/screenshots); what a machine can
/// judge is asserted: nothing scrolls sideways, everything has a name, every text stands out from its ground.
/// </summary>
[Collection(Chromium.Tests)]
public sealed class ScreenshotTests(Chromium chromium, WebSite site) : IClassFixture<WebSite>
{
    private static readonly string Folder = Path.Combine(Repository.Root, "artifacts", "screenshots");

    [Theory]
    [InlineData(ColorScheme.Light, 1280, 860)]
    [InlineData(ColorScheme.Dark, 1280, 860)]
    [InlineData(ColorScheme.Light, 390, 844)]
    [InlineData(ColorScheme.Dark, 390, 844)]
    [InlineData(ColorScheme.Light, 360, 740)]
    public async Task Every_page_is_readable(ColorScheme scheme, int width, int height)
    {
        site.State.Collections.Clear();
        site.State.Keys.Clear();
        await using var visit = await chromium.VisitAsync(
            site.Address, new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = height }, ReducedMotion = ReducedMotion.Reduce });
        var page = visit.Page;
        var at = $"{scheme}-{width}".ToLowerInvariant();

        await page.GotoAsync("/signin");
        await LookAsync("signin");
        await visit.SignInAsync();
        await LookAsync("collections-empty");
        Samples.Fill(site.State);
        await page.GotoAsync("/collections");
        await LookAsync("collections");
        await page.GetByRole(AriaRole.Link, new() { Name = "New collection" }).ClickAsync();
        await LookAsync("collections-new");
        await page.GotoAsync($"/collections/{Samples.Collection}/documents");
        await LookAsync("documents");
        await page.GotoAsync("/failed");
        await LookAsync("failed");
        await page.GetByRole(AriaRole.Link, new() { Name = "old-generator-manual.pdf" }).ClickAsync();
        await page.GetByText("How it was processed").ClickAsync();
        await LookAsync("failed-document");
        await page.GotoAsync($"/collections/{Samples.Collection}/failed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause this collection" }).ClickAsync();
        await LookAsync("failed-paused");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await page.GotoAsync("/collections/contracts/failed");
        await LookAsync("failed-none");
        await page.GotoAsync($"/collections/new-arrivals/documents");
        await LookAsync("documents-empty");
        await page.GotoAsync($"/collections/{Samples.Collection}/ask");
        await LookAsync("ask-start");
        await AskAsync("What happens when the generator fails?");
        await LookAsync("ask");
        await page.Locator(".turn-answer .marker").First.ClickAsync();
        await Assertions.Expect(page.Locator("#source mark")).ToBeVisibleAsync();
        await LookAsync("ask-source");
        await page.Keyboard.PressAsync("Escape");
        await AskAsync("Who won the regatta?");
        await LookAsync("ask-not-found");
        await page.Locator("label", new() { HasText = "Passages" }).ClickAsync();
        await AskAsync("reserve generator");
        await LookAsync("search");
        await page.GotoAsync($"/collections/{Samples.Collection}/documents");
        var source = await page.GetByRole(AriaRole.Link, new() { Name = "Handbook of the Field Station" }).GetAttributeAsync("href");
        await page.GotoAsync($"{source}?start=748&end=844&generation=2");
        await LookAsync("source");
        await page.GotoAsync($"/collections/{Samples.Collection}/api");
        await LookAsync("api");
        await page.GotoAsync("/keys");
        await LookAsync("keys");
        await page.GetByLabel("For whom or what").FillAsync("Support desk");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create key" }).ClickAsync();
        await LookAsync("keys-created");
        site.State.Away = true;
        await page.GotoAsync("/collections");
        await LookAsync("away");
        site.State.Away = false;
        await page.GotoAsync("/no-such-page");
        await LookAsync("not-found");

        async Task AskAsync(string question)
        {
            await page.GetByLabel("Your question").FillAsync(question);
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
        }

        async Task LookAsync(string name)
        {
            Directory.CreateDirectory(Folder);
            await Picture.TakeAsync(page, Path.Combine(Folder, $"{name}-{at}.png"));
            Assert.Empty(await Accessibility.FindingsAsync(page, $"{name}-{at}"));
        }
    }
}
