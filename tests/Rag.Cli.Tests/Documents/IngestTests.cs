using System.Collections.Concurrent;
using Rag.Cli.Documents;
using Rag.Cli.Tests.Api;

namespace Rag.Cli.Tests.Documents;

public sealed class IngestTests
{
    private const string Collection = "/v1/collections/default";

    [Fact]
    public void Folders_are_walked_without_hidden_files_and_keep_their_relative_paths()
    {
        using var folder = new TemporaryFolder();
        folder.File("guide/b.md", "b");
        folder.File("guide/a.md", "a");
        folder.File("top.txt", "t");
        folder.File(".secret", "s");
        folder.File(".git/config", "c");
        folder.File("guide/.draft.md", "d");
        var found = FolderWalk.Find(["."], folder.Path);
        Assert.Equal(["guide/a.md", "guide/b.md", "top.txt"], found.Select(file => file.SourceId));
        Assert.Equal(["a.md", "b.md", "top.txt"], found.Select(file => file.Name));
    }

    [Fact]
    public void A_link_that_leads_back_up_does_not_loop()
    {
        using var folder = new TemporaryFolder();
        folder.File("sub/a.md", "a");
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "sub", "up"), folder.Path);
        Assert.Equal(["sub/a.md"], FolderWalk.Find([folder.Path], "/").Select(file => file.SourceId));
    }

    [Fact]
    public void A_file_that_is_named_itself_has_no_source_id_and_is_sent_once()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.md", "a");
        var file = Assert.Single(FolderWalk.Find([path, "a.md"], folder.Path));
        Assert.Null(file.SourceId);
    }

    [Fact]
    public async Task A_path_that_does_not_exist_is_named_and_nothing_is_sent()
    {
        await using var api = new ScriptedApi();
        var run = await CliRun.InvokeAsync(["ingest", "nowhere.pdf", "--url", api.Url]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'nowhere.pdf'", run.Error, StringComparison.Ordinal);
        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task Each_file_is_waited_for_and_the_failed_one_is_named_with_its_reason()
    {
        using var folder = new TemporaryFolder();
        folder.File("good.md", "good");
        folder.File("sub/broken.pdf", "broken");
        folder.File("same.txt", "same");
        folder.File("empty.txt", "");
        var sources = new ConcurrentDictionary<Guid, string>();
        await using var api = new ScriptedApi();
        api.OnProblem($"GET {Collection}", 404, "collection-not-found", "No such collection.")
            .OnJson("POST /v1/collections", ApiShapes.Collection("default"), 201)
            .On($"POST {Collection}/documents", async (context, body) =>
            {
                var source = ScriptedApi.Field(body, "sourceId")!;
                var id = Guid.CreateVersion7();
                sources[id] = source;
                switch (source)
                {
                    case "same.txt":
                        await ScriptedApi.WriteAsync(context, $$"""{"items":[{"name":"same.txt","status":"unchanged","id":"{{id}}","problem":null}]}""", 202);
                        break;
                    case "empty.txt":
                        await ScriptedApi.WriteAsync(context, """{"type":"https://ragplatform.dev/problems/empty-file","status":422,"detail":"The file is empty."}""", 422, "application/problem+json");
                        break;
                    default:
                        var problem = source == "good.md" ? null : """{"code":"corrupt-file","message":"The PDF is cut off."}""";
                        api.OnJson($"GET {Collection}/documents/{id}", ApiShapes.Document(id, problem is null ? "ready" : "failed", problem));
                        await ScriptedApi.WriteAsync(context, $$"""{"items":[{"name":"{{ScriptedApi.Field(body, "file")}}","status":"queued","id":"{{id}}","problem":null}]}""", 202);
                        break;
                }
            });

        var run = await CliRun.InvokeAsync(["ingest", folder.Path, "--url", api.Url]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("failed  empty.txt  empty-file: The file is empty.", run.Output, StringComparison.Ordinal);
        Assert.Contains("failed  sub/broken.pdf  corrupt-file: The PDF is cut off.", run.Output, StringComparison.Ordinal);
        Assert.Contains("4 files into 'default': 1 ready, 1 unchanged, 2 failed", run.Output, StringComparison.Ordinal);
        Assert.Contains("POST /v1/collections", api.Requests);
    }

    [Fact]
    public async Task An_event_ends_the_wait_before_the_next_look()
    {
        using var folder = new TemporaryFolder();
        folder.File("a.md", "a");
        var id = Guid.CreateVersion7();
        var looks = 0;
        var accepted = new TaskCompletionSource();
        await using var api = new ScriptedApi();
        api.OnJson($"GET {Collection}", ApiShapes.Collection("default"))
            .On($"POST {Collection}/documents", async (context, _) =>
                await ScriptedApi.WriteAsync(context, $$"""{"items":[{"name":"a.md","status":"queued","id":"{{id}}","problem":null}]}""", 202))
            .On($"GET {Collection}/documents/{id}", async (context, _) =>
            {
                // A document that never looks finished: only the event can end the wait.
                Interlocked.Increment(ref looks);
                await ScriptedApi.WriteAsync(context, ApiShapes.Document(id, "processing"));
                accepted.TrySetResult();
            })
            .On($"GET {Collection}/events", async (context, _) =>
            {
                await accepted.Task.WaitAsync(TimeSpan.FromSeconds(20));
                await ScriptedApi.WriteAsync(
                    context,
                    ApiShapes.Event("document", $$"""{"seq":7,"documentId":"{{id}}","name":"a.md","status":"ready","stage":null,"progress":100,"problem":null,"at":"2026-01-02T03:04:05Z"}"""),
                    mediaType: "text/event-stream");
            });

        var run = await CliRun.InvokeAsync(["ingest", folder.Path, "--url", api.Url]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 file into 'default': 1 ready", run.Output, StringComparison.Ordinal);
        Assert.True(looks >= 1);
    }

    [Fact]
    public async Task A_pause_of_what_is_waited_for_is_told()
    {
        using var folder = new TemporaryFolder();
        folder.File("a.md", "a");
        var id = Guid.CreateVersion7();
        var isAsked = false;
        await using var api = new ScriptedApi();
        api.OnJson($"GET {Collection}", ApiShapes.Collection("default"))
            .OnJson($"POST {Collection}/documents", $$"""{"items":[{"name":"a.md","status":"queued","id":"{{id}}","problem":null}]}""", 202)
            .On($"GET {Collection}/documents/{id}", (context, _) => ScriptedApi.WriteAsync(context, ApiShapes.Document(id, Volatile.Read(ref isAsked) ? "ready" : "queued")))
            .On("GET /v1/queue", (context, _) =>
            {
                Volatile.Write(ref isAsked, true);
                return ScriptedApi.WriteAsync(
                    context,
                    """{"paused":null,"queued":1,"running":0,"parked":0,"oldestAgeSeconds":1,"collections":[{"name":"default","paused":"2026-01-02T03:00:00Z","queued":1,"running":0,"parked":0,"oldestAgeSeconds":1}]}""");
            });

        var run = await CliRun.InvokeAsync(["ingest", folder.Path, "--url", api.Url]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("./rag jobs resume -c default", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_api_is_asked_again_and_a_refused_key_ends_everything()
    {
        using var folder = new TemporaryFolder();
        folder.File("a.md", "a");
        var calls = 0;
        await using var api = new ScriptedApi();
        api.OnJson($"GET {Collection}", ApiShapes.Collection("default"))
            .On($"POST {Collection}/documents", async (context, _) =>
            {
                var busy = Interlocked.Increment(ref calls) == 1;
                context.Response.Headers["Retry-After"] = "0";
                await (busy
                    ? ScriptedApi.WriteAsync(context, """{"type":"x/rate-limited","status":429,"detail":"Slow down."}""", 429, "application/problem+json")
                    : ScriptedApi.WriteAsync(context, """{"type":"x/scope-missing","status":403,"detail":"The key lacks the scope 'write'."}""", 403, "application/problem+json"));
            });

        var run = await CliRun.InvokeAsync(["ingest", folder.Path, "--url", api.Url]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(2, calls);
        Assert.Contains("scope 'write'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_folders_with_the_same_path_in_them_are_refused_before_anything_is_sent()
    {
        using var folder = new TemporaryFolder();
        folder.File("old/guide/a.md", "1");
        folder.File("new/guide/a.md", "2");
        var refused = Assert.Throws<CliException>(() => FolderWalk.Find(["old", "new"], folder.Path));
        Assert.Contains("'guide/a.md'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, refused.ExitCode);
        // The same file by two ways is one document.
        Assert.Single(FolderWalk.Find(["old", "old"], folder.Path));
        Assert.Equal(2, FolderWalk.Find(["."], folder.Path).Count);
    }

    [Fact]
    public async Task An_api_that_goes_away_for_a_moment_is_waited_for_and_the_summary_comes_in_any_case()
    {
        using var folder = new TemporaryFolder();
        folder.File("a.md", "a");
        var calls = 0;
        await using var api = new ScriptedApi();
        api.OnJson($"GET {Collection}", ApiShapes.Collection("default"))
            .On($"POST {Collection}/documents", async (context, _) =>
            {
                if (Interlocked.Increment(ref calls) == 1)
                {
                    // An answer that ends in its middle.
                    context.Response.ContentLength64 = 100;
                    await context.Response.OutputStream.WriteAsync("{"u8.ToArray());
                    context.Response.Abort();
                    return;
                }

                await ScriptedApi.WriteAsync(context, """{"type":"x/scope-missing","status":403,"detail":"The key lacks the scope 'write'."}""", 403, "application/problem+json");
            });

        var run = await CliRun.InvokeAsync(["ingest", folder.Path, "--url", api.Url]);

        Assert.Equal(1, run.ExitCode);
        Assert.True(calls == 2, run.Output + run.Error);
        Assert.Contains("scope 'write'", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 file into 'default': 1 not sent", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_waiting_acceptance_is_enough()
    {
        using var folder = new TemporaryFolder();
        folder.File("a.md", "a");
        await using var api = new ScriptedApi()
            .OnJson($"GET {Collection}", ApiShapes.Collection("default"))
            .OnJson($"POST {Collection}/documents", """{"items":[{"name":"a.md","status":"queued","id":"0196f000-0000-7000-8000-0000000000d1","problem":null}]}""", 202);
        var run = await CliRun.InvokeAsync(["ingest", folder.Path, "--no-wait", "--url", api.Url]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 accepted", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(api.Requests, request => request.Contains("events", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_collection_is_not_created_when_told_so()
    {
        using var folder = new TemporaryFolder();
        folder.File("a.md", "a");
        await using var api = new ScriptedApi().OnProblem($"POST {Collection}/documents", 404, "collection-not-found", "There is no collection 'default'.");
        var run = await CliRun.InvokeAsync(["ingest", folder.Path, "--no-create", "--url", api.Url]);
        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain("POST /v1/collections", api.Requests);
    }
}
