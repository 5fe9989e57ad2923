using System.Net;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Http;

/// <summary>Failed work by forms alone, as without scripts.</summary>
public sealed class FailedPageTests(WebSite site) : IClassFixture<WebSite>, IAsyncLifetime
{
    public Task InitializeAsync()
    {
        site.State.Collections.Clear();
        site.State.Paused = null;
        foreach (var name in (string[])["papers", "letters"])
        {
            site.State.AddCollection(name);
            Add(name, $"{name}-one.pdf");
            Add(name, $"{name}-two.pdf");
        }

        return Task.CompletedTask;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Each_failed_document_is_shown_with_reason_stage_attempts_and_times()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);

        var all = await TextAsync(client, "/failed");
        var papers = await TextAsync(client, "/collections/papers/failed");

        Assert.Contains("papers-one.pdf", all, StringComparison.Ordinal);
        Assert.Contains("letters-two.pdf", all, StringComparison.Ordinal);
        Assert.Contains("4 failed documents", all, StringComparison.Ordinal);
        Assert.Contains("The file ends &lt;here&gt;.", all, StringComparison.Ordinal);
        Assert.Contains("while reading the file", all, StringComparison.Ordinal);
        Assert.Contains("3 attempts", all, StringComparison.Ordinal);
        Assert.Contains("papers-one.pdf", papers, StringComparison.Ordinal);
        Assert.DoesNotContain("letters-one.pdf", papers, StringComparison.Ordinal);
        Assert.Contains("href=\"/collections/papers/failed\" aria-current=\"page\"", papers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_is_retried_another_discarded_and_what_is_gone_is_said()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        var (retried, discarded) = (Find("papers-one.pdf"), Find("papers-two.pdf"));

        await DoneAsync(client, "/failed", $"/failed/{retried.JobId}/retry", "/failed?done=failed-retried");
        await DoneAsync(client, "/collections/papers/failed", $"/collections/papers/failed/{discarded.JobId}/discard", "/collections/papers/failed?done=failed-discarded");
        await DoneAsync(client, "/failed", $"/failed/{discarded.JobId}/discard", "/failed?done=failed-gone");

        Assert.Equal("ready", retried.Status);
        Assert.Equal(("failed", true), (discarded.Status, discarded.Discarded));
        Assert.Contains("No failed work", await TextAsync(client, "/collections/papers/failed"), StringComparison.Ordinal);
        // Its own page still offers the retry.
        var own = await TextAsync(client, $"/collections/papers/documents/{discarded.Id}");
        Assert.Contains($"/collections/papers/documents/{discarded.Id}/retry", own, StringComparison.Ordinal);
        Assert.Contains("Failed, discarded", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_handles_one_after_another_keeps_the_page_of_the_list()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        var job = Find("papers-one.pdf");

        var second = await TextAsync(client, "/failed?cursor=2");
        Assert.Contains($"/failed/{job.JobId}/retry?cursor=2\"", second, StringComparison.Ordinal);
        await DoneAsync(client, "/failed?cursor=2", $"/failed/{job.JobId}/retry?cursor=2", "/failed?cursor=2&done=failed-retried");

        // All of that page was handled; there is more elsewhere.
        var past = await TextAsync(client, "/failed?cursor=40");
        Assert.Contains("Nothing further here", past, StringComparison.Ordinal);
        Assert.DoesNotContain("No failed work", past, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_documents_page_tells_a_pause()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        Assert.DoesNotContain("is paused since", await TextAsync(client, "/collections/papers/documents"), StringComparison.Ordinal);

        site.State.Collections["papers"].Paused = DateTimeOffset.UtcNow;
        Assert.Contains("This collection is paused since", await TextAsync(client, "/collections/papers/documents"), StringComparison.Ordinal);
        site.State.Paused = DateTimeOffset.UtcNow;
        Assert.Contains("The whole queue is paused since", await TextAsync(client, "/collections/letters/documents"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_is_of_one_collection_or_of_every_one_and_discarding_all_asks_first()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);

        await DoneAsync(client, "/failed", "/collections/papers/failed/retry", "/collections/papers/failed?done=failed-all-retried");
        Assert.Equal(["failed", "failed", "ready", "ready"], site.State.Collections.Values.SelectMany(static x => x.Documents.Values).Select(static x => x.Status).Order());

        using var asked = await client.PostFormAsync("/failed", "/failed/discard", []);
        Assert.Contains("Discard all failed work?", await asked.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(Find("letters-one.pdf").Discarded);
        await DoneAsync(client, "/failed", "/failed/discard", "/failed?done=failed-all-discarded", ("confirmed", "yes"));
        Assert.True(Find("letters-one.pdf").Discarded && Find("letters-two.pdf").Discarded);
    }

    [Fact]
    public async Task The_queue_is_paused_and_resumed_as_a_whole_and_by_collection()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);

        await DoneAsync(client, "/failed", "/failed/pause", "/failed?done=queue-paused");
        await DoneAsync(client, "/failed", "/collections/papers/failed/pause", "/collections/papers/failed?done=queue-paused");

        var all = await TextAsync(client, "/failed");
        Assert.Contains("The queue is paused since", all, StringComparison.Ordinal);
        Assert.Contains("paused by itself", all, StringComparison.Ordinal);
        var letters = await TextAsync(client, "/collections/letters/failed");
        Assert.Contains("The whole queue is paused since", letters, StringComparison.Ordinal);
        Assert.Contains("This collection is paused since", await TextAsync(client, "/collections/papers/failed"), StringComparison.Ordinal);
        await DoneAsync(client, "/failed", "/failed/resume", "/failed?done=queue-resumed");
        Assert.Null(site.State.Paused);
        Assert.NotNull(site.State.Collections["papers"].Paused);
        await DoneAsync(client, "/failed", "/collections/papers/failed/resume", "/collections/papers/failed?done=queue-resumed");
        Assert.Null(site.State.Collections["papers"].Paused);
    }

    [Theory]
    [InlineData(StandInApi.ReaderKey, false, false)]
    [InlineData(StandInApi.WriterKey, true, false)]
    [InlineData(StandInApi.AdminKey, true, true)]
    public async Task Nobody_is_offered_what_his_key_may_not(string key, bool writes, bool pauses)
    {
        using var client = await PlainClient.SignedInAsync(site.Address, key);

        var html = await TextAsync(client, "/failed");

        Assert.Equal(writes, html.Contains("Retry all", StringComparison.Ordinal));
        Assert.Equal(writes, html.Contains("/discard\"", StringComparison.Ordinal));
        Assert.Equal(pauses, html.Contains("Pause the queue", StringComparison.Ordinal));
    }

    private void Add(string collection, string name) => site.State.AddDocument(collection, name, "text", static document =>
    {
        document.Status = "failed";
        document.Text = null;
        document.Generation = null;
        document.Attempts = 3;
        document.Problem = new StandInProblem("corrupt-file", "The file ends <here>.");
    });

    private StandInDocument Find(string name) => site.State.Collections.Values.SelectMany(static x => x.Documents.Values).Single(x => x.Name == name);

    private static async Task<string> TextAsync(PlainClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task DoneAsync(PlainClient client, string page, string action, string then, params (string Name, string Value)[] fields)
    {
        using var answer = await client.PostFormAsync(page, action, fields.ToDictionary(static x => x.Name, static x => x.Value));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(then, answer.Headers.Location?.OriginalString);
    }
}
