using System.Text;
using Microsoft.Playwright;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Browser;

/// <summary>Adding, following, retrying and deleting documents in the browser.</summary>
[Collection(Chromium.Tests)]
public sealed class DocumentsPageTests(Chromium chromium, WebSite site) : IClassFixture<WebSite>
{
    [Fact]
    public async Task A_failed_document_says_why_and_can_be_retried()
    {
        site.State.AddCollection("retry");
        await using var visit = await OpenAsync("retry");
        await AddAsync(visit.Page, ("broken.pdf", "(fails once)"));
        var row = visit.Page.Locator(".doc");
        await Assertions.Expect(row.Locator(".chip")).ToHaveTextAsync("Failed");
        await Assertions.Expect(row).ToContainTextAsync("The file ends in the middle of a page.");
        await Assertions.Expect(visit.Page.Locator("[data-count=failed]")).ToHaveTextAsync("1");

        await row.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();

        await Assertions.Expect(row.Locator(".chip")).ToHaveTextAsync("Ready");
        await Assertions.Expect(row.Locator(".doc-problem")).ToBeHiddenAsync();
        await Assertions.Expect(row.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToBeHiddenAsync();
        visit.AssertQuiet();
    }

    [Fact]
    public async Task Deleting_asks_first_and_escape_means_no()
    {
        site.State.AddCollection("delete");
        site.State.AddDocument("delete", "a.txt", "one");
        site.State.AddDocument("delete", "b.txt", "two");
        await using var visit = await OpenAsync("delete");
        var delete = visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete a.txt" });
        await delete.ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Delete “a.txt”?");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(delete).ToBeFocusedAsync();
        Assert.Equal(2, site.State.Collections["delete"].Documents.Count);

        await delete.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete document" }).ClickAsync();

        await Assertions.Expect(visit.Page.Locator(".doc")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.Locator(".doc")).ToContainTextAsync("b.txt");
        Assert.Equal("b.txt", Assert.Single(site.State.Collections["delete"].Documents.Values).Name);
        visit.AssertQuiet();
    }

    [Fact]
    public async Task What_is_refused_or_was_there_already_stays_on_the_list_with_the_reason()
    {
        site.State.AddCollection("refused");
        site.State.AddDocument("refused", "same.txt", "the same words");
        await using var visit = await OpenAsync("refused");
        await visit.ListenAsync();
        await AddAsync(visit.Page, ("same-again.txt", "the same words"), ("empty.txt", ""), ("good.txt", "other words"));
        var list = visit.Page.Locator(".upload-list");
        await Assertions.Expect(list.Locator("li", new() { HasText = "same-again.txt" })).ToContainTextAsync("Already here, unchanged");
        await Assertions.Expect(list.Locator("li", new() { HasText = "empty.txt" })).ToContainTextAsync("The file is empty.");
        await Assertions.Expect(list.Locator("li")).ToHaveCountAsync(2);
        await Assertions.Expect(visit.Page.Locator(".doc", new() { HasText = "good.txt" }).Locator(".chip")).ToHaveTextAsync("Ready");
        await visit.HearAsync("empty.txt was not added: The file is empty.");
        await visit.HearAsync("1 file added, 1 file was here already, 1 file not added. empty.txt was not added: The file is empty.");

        // Whoever takes one off the list by keyboard goes on with the next, and at the end at the place where files are chosen.
        await list.GetByRole(AriaRole.Button, new() { Name = "Remove same-again.txt from this list" }).PressAsync("Enter");
        await Assertions.Expect(list.GetByRole(AriaRole.Button, new() { Name = "Remove empty.txt from this list" })).ToBeFocusedAsync();
        await AddAsync(visit.Page, ("again-empty.txt", ""));
        await Assertions.Expect(list.Locator("li", new() { HasText = "again-empty.txt" })).ToContainTextAsync("The file is empty.");
        await visit.HearAsync("1 file not added. again-empty.txt was not added: The file is empty.");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Clear the list" }).PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("#uploads")).ToBeHiddenAsync();
        await Assertions.Expect(visit.Page.Locator("#pick-files")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_list_that_comes_late_takes_nothing_back_that_happened_meanwhile()
    {
        var collection = site.State.AddCollection("race");
        var known = site.State.AddDocument("race", "known.txt", "words", static x => x.Status = "processing");
        site.State.AddDocument("race", "gone.txt", "other words");
        await using var visit = await chromium.VisitAsync(site.Address);
        var (answered, release) = await visit.HoldAnswerAsync("**/app/collections/race/documents?limit=200");
        await visit.SignInAsync(path: "/collections/race/documents");
        await answered.WaitAsync(TimeSpan.FromSeconds(20));
        var row = visit.Page.Locator(".doc", new() { HasText = "known.txt" });
        known.Status = "ready";
        site.State.Publish(collection, known);
        await Assertions.Expect(row.Locator(".chip")).ToHaveTextAsync("Ready");
        await AddAsync(visit.Page, ("new.txt", "new words"));
        var added = visit.Page.Locator(".doc", new() { HasText = "new.txt" });
        await Assertions.Expect(added.Locator(".chip")).ToHaveTextAsync("Ready");
        // Something that the list alone tells, so that its arrival can be waited for.
        await visit.Page.EvaluateAsync("() => { document.querySelectorAll('.doc').forEach((one) => one.textContent.includes('gone.txt') && (one.dataset.id = 'of an older page')); }");

        release.SetResult();

        await Assertions.Expect(visit.Page.Locator(".doc", new() { HasText = "gone.txt" })).ToHaveCountAsync(0);
        await Assertions.Expect(added).ToHaveCountAsync(1);
        await Assertions.Expect(row.Locator(".chip")).ToHaveTextAsync("Ready");
        visit.AssertQuiet();
    }

    [Fact]
    public async Task A_file_that_is_stored_is_not_called_failed_because_the_page_cannot_show_it()
    {
        site.State.AddCollection("stored");
        await using var visit = await OpenAsync("stored");
        await visit.ListenAsync();
        await visit.Context.RouteAsync(
            new System.Text.RegularExpressions.Regex("/app/collections/stored/documents/[0-9a-f-]{36}$"), static route => route.AbortAsync());
        await AddAsync(visit.Page, ("kept.txt", "words"));
        var entry = visit.Page.Locator(".upload-list li", new() { HasText = "kept.txt" });
        await Assertions.Expect(entry).ToContainTextAsync("Added. Reload the page");
        await Assertions.Expect(entry).ToHaveAttributeAsync("data-over", "same");
        await visit.HearAsync("1 file added.");
    }

    [Fact]
    public async Task The_page_of_a_collection_that_is_gone_says_so_and_stops_asking()
    {
        var collection = site.State.AddCollection("vanishing");
        var document = site.State.AddDocument("vanishing", "a.txt", "words");
        await using var visit = await OpenAsync("vanishing");
        await WaitForStreamAsync("vanishing");
        site.State.Collections.TryRemove("vanishing", out _);
        site.State.Publish(collection, document);
        await Assertions.Expect(visit.Page.Locator("#ended")).ToContainTextAsync("This collection is not here any more");
        await Assertions.Expect(visit.Page.Locator("#pick-files")).ToBeDisabledAsync();
    }

    [Fact]
    public async Task Dropped_files_are_taken_wherever_they_fall()
    {
        site.State.AddCollection("drop");
        await using var visit = await OpenAsync("drop");
        var transfer = await visit.Page.EvaluateHandleAsync("() => { const t = new DataTransfer(); t.items.add(new File(['dropped words'], 'dropped.txt')); return t; }");
        await visit.Page.DispatchEventAsync("h1", "dragenter", new { dataTransfer = transfer });
        await Assertions.Expect(visit.Page.Locator("#drop")).ToHaveAttributeAsync("data-over", "true");
        await visit.Page.DispatchEventAsync("h1", "drop", new { dataTransfer = transfer });
        await Assertions.Expect(visit.Page.Locator(".doc", new() { HasText = "dropped.txt" }).Locator(".chip")).ToHaveTextAsync("Ready");
        await Assertions.Expect(visit.Page.Locator("#drop")).ToHaveAttributeAsync("data-over", "false");
        visit.AssertQuiet();
    }

    [Fact]
    public async Task A_folder_keeps_its_paths_as_source_ids_and_loses_its_litter()
    {
        site.State.AddCollection("folder");
        await using var visit = await OpenAsync("folder");
        var folder = Directory.CreateTempSubdirectory("rag-web-folder");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "sub"));
            Directory.CreateDirectory(Path.Combine(folder.FullName, ".git"));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "top.txt"), "top");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "sub", "inner.txt"), "inner");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "sub", ".DS_Store"), "litter");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, ".git", "config"), "litter too");
            await visit.Page.PickFolderAsync(folder.FullName);
            await Assertions.Expect(visit.Page.Locator(".doc")).ToHaveCountAsync(2);
            Assert.Equal(
                [$"{folder.Name}/sub/inner.txt", $"{folder.Name}/top.txt"],
                site.State.Collections["folder"].Documents.Values.Select(static x => x.SourceId).Order(StringComparer.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task What_others_add_is_announced_and_what_they_change_is_seen()
    {
        var collection = site.State.AddCollection("others");
        var known = site.State.AddDocument("others", "known.txt", "words", static x => x.Status = "processing");
        await using var visit = await OpenAsync("others");
        await Assertions.Expect(visit.Page.Locator(".chip")).ToHaveTextAsync("Processing");
        known.Status = "ready";
        await WaitForStreamAsync("others");
        site.State.Publish(collection, known);
        await Assertions.Expect(visit.Page.Locator(".chip")).ToHaveTextAsync("Ready");

        var other = site.State.AddDocument("others", "other.txt", "words of others");
        other.Status = "queued";
        site.State.Publish(collection, other);
        await Assertions.Expect(visit.Page.Locator("#arrived")).ToContainTextAsync("1 other document arrived meanwhile.");
        await visit.Page.Locator("#arrived a").ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".doc")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task The_list_is_filtered_by_status_and_name_and_comes_in_pages()
    {
        site.State.AddCollection("long");
        var start = DateTimeOffset.UtcNow.AddHours(-2);
        foreach (var n in Enumerable.Range(1, 55))
        {
            var document = new StandInDocument { Name = $"paper-{n:D2}.txt", Original = [(byte)n], Text = "x", Generation = 1, Status = n % 11 == 0 ? "failed" : "ready", Created = start.AddMinutes(n) };
            site.State.Collections["long"].Documents[document.Id] = document;
        }

        await using var visit = await OpenAsync("long");
        await Assertions.Expect(visit.Page.Locator(".doc")).ToHaveCountAsync(50);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Older documents" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".doc")).ToHaveCountAsync(5);
        await visit.Page.GetByRole(AriaRole.Navigation, new() { Name = "Filter by status" }).GetByRole(AriaRole.Link, new() { Name = "Failed" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".doc")).ToHaveCountAsync(5);
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("paper-3");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator(".doc")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.Locator(".doc")).ToContainTextAsync("paper-33.txt");
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("nothing like it");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.GetByText("Nothing matches")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_original_is_downloaded_under_its_name()
    {
        site.State.AddCollection("download");
        site.State.AddDocument("download", "résumé.txt", "the original");
        await using var visit = await OpenAsync("download");
        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByRole(AriaRole.Link, new() { Name = "Download the original" }).ClickAsync());
        Assert.Equal("résumé.txt", download.SuggestedFilename);
        Assert.Equal("the original", await File.ReadAllTextAsync(await download.PathAsync()));
    }

    [Fact]
    public async Task A_session_that_ended_leads_to_signing_in_and_back()
    {
        site.State.AddCollection("ended");
        await using var visit = await OpenAsync("ended");
        await WaitForStreamAsync("ended");
        site.State.Sessions.Clear();
        await AddAsync(visit.Page, ("late.txt", "late"));
        await visit.Page.WaitForURLAsync("**/signin?return=%2Fcollections%2Fended%2Fdocuments");
        await visit.Page.GetByLabel("API key").FillAsync(StandInApi.AdminKey);
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.WaitForURLAsync("**/collections/ended/documents");
    }

    [Fact]
    public async Task Files_cannot_be_chosen_before_the_page_can_take_them()
    {
        site.State.AddCollection("slow-documents");
        await using var visit = await chromium.VisitAsync(site.Address);
        await visit.SignInAsync();
        var script = await visit.HoldAsync("**/documents*.js*");
        await visit.Page.GotoAsync("/collections/slow-documents/documents", new() { WaitUntil = WaitUntilState.Commit });
        await Assertions.Expect(visit.Page.Locator("#pick-files")).ToBeDisabledAsync();
        await Assertions.Expect(visit.Page.Locator("#pick-folder")).ToBeDisabledAsync();

        script.SetResult();

        await AddAsync(visit.Page, ("late.txt", "Better late than never."));
        await Assertions.Expect(visit.Page.Locator(".doc .chip")).ToHaveTextAsync("Ready");
    }

    private async Task<Visit> OpenAsync(string collection)
    {
        var visit = await chromium.VisitAsync(site.Address);
        await visit.SignInAsync(path: $"/collections/{collection}/documents");
        return visit;
    }

    private static Task AddAsync(IPage page, params (string Name, string Content)[] files) =>
        page.PickFilesAsync([.. files.Select(static x => new FilePayload { Name = x.Name, MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes(x.Content) })]);

    // An event that is published before the page listens would be missed by design: the page then lists again.
    private async Task WaitForStreamAsync(string collection)
    {
        var deadline = DateTime.UtcNow.AddSeconds(15);
        while (!site.State.Requests.Any(x => x.Path == $"/v1/collections/{collection}/documents?limit=200"))
        {
            Assert.True(DateTime.UtcNow < deadline, "The page never listened to events.");
            await Task.Delay(50);
        }
    }
}
