using Microsoft.Playwright;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Browser;

/// <summary>Asking, as it streams, stops, fails, cites, remembers.</summary>
[Collection(Chromium.Tests)]
public sealed class AskPageTests(Chromium chromium, WebSite site) : IClassFixture<WebSite>
{
    private const string Hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> [9] **bold** `code` </mark>";

    [Fact]
    public async Task An_answer_is_seen_while_it_is_written_and_can_be_stopped()
    {
        Fill("streaming");
        site.State.HoldAnswer = new TaskCompletionSource();
        site.State.StreamCancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var visit = await OpenAsync("streaming");
        await AskAsync(visit.Page, "Where do whales sleep?");
        await Assertions.Expect(visit.Page.Locator(".turn-answer")).ToContainTextAsync("Whales sleep near the surface.");
        await Assertions.Expect(visit.Page.Locator(".turn-answer")).ToHaveAttributeAsync("aria-busy", "true");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();

        await Assertions.Expect(visit.Page.Locator(".turn-notice")).ToContainTextAsync("Stopped.");
        await Assertions.Expect(visit.Page.GetByLabel("Your question")).ToBeFocusedAsync();
        await site.State.StreamCancelled.Task.WaitAsync(TimeSpan.FromSeconds(15));
        site.State.HoldAnswer = null;
        visit.AssertQuiet();
    }

    [Fact]
    public async Task A_question_cannot_be_lost_before_the_page_can_send_it()
    {
        Fill("slow");
        await using var visit = await chromium.VisitAsync(site.Address);
        await visit.SignInAsync();
        var script = await visit.HoldAsync("**/ask*.js*");
        await visit.Page.GotoAsync("/collections/slow/ask", new() { WaitUntil = WaitUntilState.Commit });
        await Assertions.Expect(visit.Page.GetByLabel("Your question")).ToBeDisabledAsync();
        await Assertions.Expect(visit.Page.Locator("#send")).ToBeDisabledAsync();

        script.SetResult();

        await AskAsync(visit.Page, "Where do whales sleep?");
        await Assertions.Expect(visit.Page.Locator(".turn-answer")).ToContainTextAsync("Whales sleep near the surface.");
        visit.AssertQuiet();
    }

    [Fact]
    public async Task What_the_documents_do_not_say_is_told_so()
    {
        Fill("silent");
        await using var visit = await OpenAsync("silent");
        await AskAsync(visit.Page, "Which engine drives submarines?");
        await Assertions.Expect(visit.Page.Locator(".turn")).ToHaveAttributeAsync("data-found", "false");
        await Assertions.Expect(visit.Page.Locator(".turn-answer")).ToContainTextAsync("do not say that");
        await Assertions.Expect(visit.Page.Locator(".turn-sources")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Nothing_in_an_answer_or_a_source_is_ever_active()
    {
        site.State.AddCollection("hostile");
        site.State.AddDocument("hostile", "<b>name</b>.txt", "Whales sleep. " + Hostile, static x => x.Title = Hostile);
        site.State.Answer = Hostile + " [1]";
        await using var visit = await OpenAsync("hostile");
        await AskAsync(visit.Page, "Where do whales sleep?");
        var answer = visit.Page.Locator(".turn-answer");
        await Assertions.Expect(answer.Locator("strong")).ToHaveTextAsync("bold");
        await Assertions.Expect(answer.Locator("code")).ToHaveTextAsync("code");
        await Assertions.Expect(answer).ToContainTextAsync("<img src=x");
        // [9] names no citation that came, so it stays text.
        await Assertions.Expect(answer.Locator(".marker")).ToHaveCountAsync(1);
        await answer.Locator(".marker").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#source mark")).ToHaveTextAsync("Whales sleep.");
        await Assertions.Expect(visit.Page.Locator("#source [data-part=body]")).ToContainTextAsync("<script>");
        Assert.Equal(0, await visit.Page.Locator("main img, main script, #source script").CountAsync());
        Assert.DoesNotContain("owned", await visit.Page.TitleAsync(), StringComparison.Ordinal);
        visit.AssertQuiet();
        site.State.Answer = null;
    }

    [Fact]
    public async Task The_conversation_is_the_next_questions_history_and_outlives_a_look_at_the_documents()
    {
        Fill("history");
        await using var visit = await OpenAsync("history");
        await AskAsync(visit.Page, "Where do whales sleep?");
        await Assertions.Expect(visit.Page.Locator(".turn-foot").First).ToBeVisibleAsync();
        var asked = await visit.Page.RunAndWaitForRequestAsync(() => AskAsync(visit.Page, "And whales on land?"), static x => x.Url.EndsWith("/ask", StringComparison.Ordinal) && x.Method == "POST");
        Assert.Contains("\"history\":[{\"role\":\"user\",\"content\":\"Where do whales sleep?\"},{\"role\":\"assistant\"", asked.PostData, StringComparison.Ordinal);
        await Assertions.Expect(visit.Page.Locator(".turn-foot").Nth(1)).ToBeVisibleAsync();

        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Documents", Exact = true }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Ask", Exact = true }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".turn")).ToHaveCountAsync(2);
        await visit.Page.Locator(".turn-answer .marker").First.ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#source mark")).ToHaveTextAsync("Whales sleep near the surface.");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".turn")).ToHaveCountAsync(0);
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.Locator(".turn")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Passages_are_shown_with_scores_and_what_matched()
    {
        Fill("passages");
        await using var visit = await OpenAsync("passages");
        await visit.Page.Locator("label", new() { HasText = "Passages" }).ClickAsync();
        await AskAsync(visit.Page, "whales");
        var passage = visit.Page.Locator(".passage").First;
        await Assertions.Expect(passage.Locator("mark")).ToHaveTextAsync("Whales");
        await Assertions.Expect(passage).ToContainTextAsync("lexical 4.200");
        await passage.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#source mark")).ToContainTextAsync("Whales sleep near the surface.");
    }

    [Fact]
    public async Task A_source_that_was_replaced_shows_the_quotation_and_marks_nothing()
    {
        var document = Fill("replaced");
        await using var visit = await OpenAsync("replaced");
        await AskAsync(visit.Page, "Where do whales sleep?");
        await Assertions.Expect(visit.Page.Locator(".turn-foot")).ToBeVisibleAsync();
        document.Generation = 7;
        document.Text = "Quite another text.";
        await visit.Page.Locator(".turn-answer .marker").First.ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#source")).ToContainTextAsync("has been replaced");
        await Assertions.Expect(visit.Page.Locator("#source blockquote")).ToHaveTextAsync("Whales sleep near the surface.");
        await Assertions.Expect(visit.Page.Locator("#source mark")).ToHaveCountAsync(0);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Open in full" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".flash")).ToContainTextAsync("has been replaced");
    }

    [Fact]
    public async Task When_the_api_goes_away_the_answer_says_so_in_words()
    {
        Fill("away");
        await using var visit = await OpenAsync("away");
        site.State.Away = true;
        await AskAsync(visit.Page, "Where do whales sleep?");
        await Assertions.Expect(visit.Page.Locator(".turn-notice")).ToContainTextAsync("The database cannot be reached right now.");
        site.State.Away = false;
        await AskAsync(visit.Page, "Where do whales sleep?");
        await Assertions.Expect(visit.Page.Locator(".turn-answer").Nth(1)).ToContainTextAsync("near the surface");
    }

    [Fact]
    public async Task Shift_enter_makes_a_line_and_the_keyboard_alone_suffices()
    {
        Fill("keyboard");
        await using var visit = await OpenAsync("keyboard", width: 900);
        var page = visit.Page;
        await Assertions.Expect(page.GetByLabel("Your question")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Where do whales ");
        await page.Keyboard.PressAsync("Shift+Enter");
        await page.Keyboard.TypeAsync("sleep?");
        Assert.Equal("Where do whales \nsleep?", await page.GetByLabel("Your question").InputValueAsync());
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".turn-foot")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#announcer")).ToContainTextAsync("With 1 source.");

        await TabToAsync(page, "Source 1: sea.txt", backwards: true);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#source-title")).ToBeFocusedAsync();
        // Over the page the panel is modal: what is said elsewhere would not be heard.
        await Assertions.Expect(page.Locator("#source [data-announcer]")).ToHaveTextAsync("Source open at the passage");
        await TabToAsync(page, "Open in full");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#source")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator(".turn-answer .marker")).ToBeFocusedAsync();
        visit.AssertQuiet();
    }

    [Fact]
    public async Task The_focus_stays_with_the_buttons_that_change_places()
    {
        Fill("focus");
        site.State.HoldAnswer = new TaskCompletionSource();
        await using var visit = await OpenAsync("focus");
        await visit.Page.GetByLabel("Your question").FillAsync("Where do whales sleep?");
        await visit.Page.Locator("#send").PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("#stop")).ToBeFocusedAsync();

        site.State.HoldAnswer.SetResult();
        site.State.HoldAnswer = null;

        await Assertions.Expect(visit.Page.Locator("#send")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByLabel("Your question")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Copying_says_whether_it_worked()
    {
        Fill("copying");
        await using var visit = await OpenAsync("copying");
        await AskAsync(visit.Page, "Where do whales sleep?");
        var copy = visit.Page.Locator(".turn-foot [data-part=copy]");
        await Assertions.Expect(copy).ToBeVisibleAsync();
        await visit.ListenAsync();
        await visit.Page.EvaluateAsync("() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }");
        await copy.ClickAsync();
        await visit.HearAsync("Select the text and copy it by hand.");
        await Assertions.Expect(copy).ToContainTextAsync("Not copied");
        await visit.Page.EvaluateAsync("() => { navigator.clipboard.writeText = () => Promise.resolve(); }");
        await copy.ClickAsync();
        await visit.HearAsync("Copied");
        await Assertions.Expect(copy).ToHaveTextAsync("Copy");
        visit.AssertQuiet();
    }

    [Fact]
    public async Task The_question_shows_its_focus_in_forced_colours_too()
    {
        Fill("forced");
        await using var visit = await OpenAsync("forced");
        await visit.Page.EmulateMediaAsync(new() { ForcedColors = ForcedColors.Active });
        await Assertions.Expect(visit.Page.GetByLabel("Your question")).ToBeFocusedAsync();
        var outline = await visit.Page.EvaluateAsync<string>("() => { const s = getComputedStyle(document.getElementById('question')); return `${s.outlineStyle} ${s.outlineWidth}`; }");
        Assert.Equal("solid 2px", outline);
    }

    [Fact]
    public async Task The_colours_follow_the_system_until_somebody_chooses()
    {
        Fill("colours");
        await using var visit = await OpenAsync("colours");
        var page = visit.Page;
        async Task<string> Ground() => await page.EvaluateAsync<string>("getComputedStyle(document.documentElement).backgroundColor");
        var light = await Ground();
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        var dark = await Ground();
        Assert.NotEqual(light, dark);
        var choose = page.Locator("[data-theme-switch]");
        await choose.ClickAsync();
        Assert.Equal(light, await Ground());
        await page.ReloadAsync();
        Assert.Equal(light, await Ground());
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "light");
        await page.Locator("[data-theme-switch]").ClickAsync();
        Assert.Equal(dark, await Ground());
        await page.Locator("[data-theme-switch]").ClickAsync();
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await page.ReloadAsync();
        Assert.Equal(light, await Ground());
        Assert.Null(await page.Locator("html").GetAttributeAsync("data-theme"));
    }

    [Fact]
    public async Task The_first_tab_skips_to_the_content()
    {
        Fill("skip");
        await using var visit = await OpenAsync("skip", path: "documents");
        await visit.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeInViewportAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("main")).ToBeFocusedAsync();
    }

    private StandIn.StandInDocument Fill(string collection)
    {
        site.State.AddCollection(collection);
        return site.State.AddDocument(collection, "sea.txt", "About the sea.\n\nWhales sleep near the surface. They breathe there.\n\nSquids live deeper.");
    }

    private async Task<Visit> OpenAsync(string collection, string path = "ask", int width = 1280)
    {
        var visit = await chromium.VisitAsync(site.Address, new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = 800 } });
        await visit.SignInAsync(path: $"/collections/{collection}/{path}");
        return visit;
    }

    private static async Task AskAsync(IPage page, string question)
    {
        await page.GetByLabel("Your question").FillAsync(question);
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task TabToAsync(IPage page, string name, bool backwards = false)
    {
        for (var n = 0; n < 40; n++)
        {
            await page.Keyboard.PressAsync(backwards ? "Shift+Tab" : "Tab");
            if (await page.EvaluateAsync<string>("(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()") == name)
            {
                return;
            }
        }

        Assert.Fail($"The keyboard does not reach '{name}'.");
    }
}
