using System.Security.Cryptography;
using Rag.Client;

namespace Rag.Chaos;

/// <summary>Asks both APIs for every document, and compares what they say with what was sent last.</summary>
internal sealed class ContentChecks(ChaosWorld world, Outcomes outcomes, IReadOnlyList<ChaosDocument> documents)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Codes that tell of the document; anything else did not lie with it.</summary>
    private static readonly string[] OfTheDocument = ["corrupt-file", "encrypted-file", "no-text", "unsupported-type", "too-deeply-nested"];

    private readonly Caller _caller = new(world, outcomes, seed: 0);

    public int Ready { get; private set; }

    public int Parked { get; private set; }

    public int Deleted { get; private set; }

    /// <summary>Accepted with 202, but neither ready, nor parked, nor deleted; or with other content than was sent.</summary>
    public int Lost { get; private set; }

    public Dictionary<string, int> ParkedFor { get; } = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var document in documents)
        {
            var before = outcomes.Findings.Count;
            if (document.Accepted is { } content)
            {
                await (document.IsDeleted ? GoneAsync(document, cancellationToken) : ThereAsync(document, content, cancellationToken));
            }

            Lost += outcomes.Findings.Count > before ? 1 : 0;
            foreach (var old in document.IsDeleted ? document.Contents : document.Contents.SkipLast(1))
            {
                await HoldersAsync(document, old.Word, expected: null, cancellationToken);
            }
        }

        var listed = await ListedAsync(cancellationToken);
        var expected = documents.Where(static d => d is { Accepted: not null, IsDeleted: false }).Select(static d => d.SourceId).Order(StringComparer.Ordinal);
        if (!listed.SequenceEqual(expected, StringComparer.Ordinal))
        {
            outcomes.Find($"The list has {listed.Count} documents; missing or too many: {string.Join(", ", listed.Except(expected).Concat(expected.Except(listed)).Take(10))}");
        }
    }

    private async Task GoneAsync(ChaosDocument document, CancellationToken cancellationToken)
    {
        Deleted++;
        var reply = await _caller.SendAsync("look at a deleted document", 200, (client, token) => client.GetDocumentAsync(Clients.Collection, document.Id, token), cancellationToken);
        if (reply is not { Status: 404, Code: "document-not-found" })
        {
            outcomes.Find($"{document.SourceId} was deleted and is answered with {reply.Status} {reply.Code}.");
        }
    }

    private async Task ThereAsync(ChaosDocument document, ChaosContent content, CancellationToken cancellationToken)
    {
        var reply = await AskAsync("look at a document", document, (client, token) => client.GetDocumentAsync(Clients.Collection, document.Id, token), cancellationToken);
        if (reply is not { } state)
        {
            return;
        }

        if (state.Sha256 != Convert.ToHexStringLower(SHA256.HashData(content.Bytes)) || state.Name != content.FileName)
        {
            outcomes.Find($"{document.SourceId} is '{state.Name}', and not '{content.FileName}' with the content that was sent last.");
        }

        var original = await AskAsync("original", document, OriginalAsync, cancellationToken);
        if (original is not null && !original.AsSpan().SequenceEqual(content.Bytes))
        {
            outcomes.Find($"The original of {document.SourceId} is not what was sent: {original.Length} bytes instead of {content.Bytes.Length}.");
        }

        switch (state)
        {
            case { Status: DocumentStatus.Failed, Problem: { Message.Length: > 0 } problem } when content.IsBroken && OfTheDocument.Contains(problem.Code):
                Parked++;
                ParkedFor[problem.Code] = ParkedFor.GetValueOrDefault(problem.Code) + 1;
                await HoldersAsync(document, content.Word, expected: null, cancellationToken);
                break;
            case { Status: DocumentStatus.Ready } when !content.IsBroken:
                Ready++;
                await TextAsync(document, content, cancellationToken);
                await HoldersAsync(document, content.Word, document.Id, cancellationToken);
                break;
            default:
                outcomes.Find($"{document.SourceId} ({content.FileName}) is {state.Status}: {state.Problem}");
                break;
        }

        async Task<byte[]> OriginalAsync(RagClient client, CancellationToken token)
        {
            await using var content = await client.OpenContentAsync(Clients.Collection, document.Id, token);
            await using var bytes = new MemoryStream();
            await content.Stream.CopyToAsync(bytes, token);
            return bytes.ToArray();
        }
    }

    private async Task TextAsync(ChaosDocument document, ChaosContent content, CancellationToken cancellationToken)
    {
        var text = await AskAsync("text", document, (client, token) => client.GetTextAsync(Clients.Collection, document.Id, cancellationToken: token), cancellationToken);
        if (text is not null && (content.Text is { } exact ? text.Text != exact : !text.Text.Contains(content.Word, StringComparison.Ordinal)))
        {
            outcomes.Find($"The text of {document.SourceId} is not that of '{content.FileName}'.");
        }
    }

    /// <summary>Through both APIs: which documents hold the word. The search may add neighbours, which do not.</summary>
    private async Task HoldersAsync(ChaosDocument document, string word, Guid? expected, CancellationToken cancellationToken)
    {
        foreach (var api in world.Apis)
        {
            var reply = await SearchAsync(api.Current);
            for (var attempt = 0; reply.Status != 200 && attempt < 20; attempt++)
            {
                await Task.Delay(500, cancellationToken);
                reply = await SearchAsync(api.Current);
            }

            if (reply.Status != 200)
            {
                outcomes.Find($"A search for '{word}' was not answered in the end (status {reply.Status}).");
                continue;
            }

            var holders = (reply.Value?.Evidence ?? []).Where(e => e.Text.Contains(word, StringComparison.Ordinal)).Select(static e => e.DocumentId).Distinct().ToList();
            if (!holders.SequenceEqual(expected is { } one ? [one] : []))
            {
                outcomes.Find($"'{word}' of {document.SourceId} is found in {holders.Count} documents{(expected is null ? ", and should be in none" : "")} (stale {reply.Value?.Stale}, {reply.Value?.Notice}).");
            }
        }

        Task<Reply<SearchResponse>> SearchAsync(RunningService api) =>
            _caller.SendAsync(api, "search", 200, (client, token) => client.SearchAsync(Clients.Collection, new SearchRequest(word), token), cancellationToken);
    }

    private async Task<List<string>> ListedAsync(CancellationToken cancellationToken)
    {
        var listed = new List<string>();
        await foreach (var document in world.Apis[0].Current.Client.AllDocumentsAsync(Clients.Collection, cancellationToken: cancellationToken))
        {
            listed.Add(document.SourceId);
        }

        return [.. listed.Order(StringComparer.Ordinal)];
    }

    private async Task<T?> AskAsync<T>(string what, ChaosDocument document, Func<RagClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
        where T : class =>
        (await _caller.InsistAsync($"{what} of {document.SourceId}", 200, call, Patience, cancellationToken))?.Value;
}
