using System.Text.Json.Nodes;
using Rag.Core.Answering;
using Rag.Core.Chunking;
using Rag.Core.Documents;
using Rag.Core.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Retrieval;

public sealed class SearchTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private SearchWorld _world = null!;

    public async Task InitializeAsync() => _world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_published_document_is_found_at_once_with_its_place_and_words()
    {
        var collection = await _world.CreateCollectionAsync("handbook");
        Assert.Empty((await SearchAsync(collection, "telescope")).Evidence);
        const string text = "The dome opens at dusk.\n\nTelescopes are cleaned on Mondays by the night assistant.";
        await _world.PublishAsync(collection, "rules", text, "House rules", new JsonObject { ["year"] = 2024 });

        var result = await SearchAsync(collection, "cleaning the telescope");

        var hit = Assert.Single(result.Evidence);
        Assert.False(result.Stale);
        Assert.Equal(SearchMode.Lexical, result.Mode);
        Assert.Equal(("rules", "House rules", 1), (hit.SourceId, hit.Title, hit.Number));
        Assert.Equal(text[hit.Start..hit.End], hit.Text);
        Assert.Equal(["Telescopes", "cleaned"], hit.Highlights.Select(h => text[h.Start..h.End]));
        Assert.Equal(2024, (int?)hit.Metadata["year"]);
        Assert.True(hit.Scores.Lexical > 0);
    }

    [Fact]
    public async Task A_deleted_document_is_gone_from_the_next_search_and_a_replaced_one_shows_only_its_new_text()
    {
        var collection = await _world.CreateCollectionAsync("changing");
        var kept = await _world.PublishAsync(collection, "a", "The pump is blue.");
        var removed = await _world.PublishAsync(collection, "b", "The pump is red.");
        Assert.Equal(2, (await SearchAsync(collection, "pump")).Evidence.Count);

        await _world.DeleteAsync(collection, removed);
        Assert.Equal(kept, Assert.Single((await SearchAsync(collection, "pump")).Evidence).Document);

        await _world.PublishAsync(collection, "a", "The valve is green.");
        Assert.Empty((await SearchAsync(collection, "pump")).Evidence);
        Assert.Equal("The valve is green.", Assert.Single((await SearchAsync(collection, "valve")).Evidence).Text);
    }

    [Fact]
    public async Task A_document_removed_without_word_to_the_index_is_not_shown_and_others_fill_its_place()
    {
        var collection = await _world.CreateCollectionAsync("silent");
        var documents = await _world.PublishAsync(collection, [.. Enumerable.Range(0, 120).Select(i => new NewDocument($"d{i}", $"Seal number {i} of the lock."))]);
        Assert.Equal(5, (await SearchAsync(collection, "seal lock", limit: 5)).Evidence.Count);

        foreach (var gone in documents.Take(110))
        {
            await _world.ExecuteAsync("update documents set active_generation = null where id = $1", gone.Value);
        }

        var result = await SearchAsync(collection, "seal lock", limit: 5);
        Assert.Equal(5, result.Evidence.Count);
        Assert.DoesNotContain(result.Evidence, e => documents.Take(110).Contains(e.Document));
    }

    [Fact]
    public async Task A_filter_sees_the_metadata_of_now()
    {
        var collection = await _world.CreateCollectionAsync("filtered");
        for (var i = 0; i < 6; i++)
        {
            await _world.PublishAsync(collection, $"d{i}", $"Report {i} on the harbour.", metadata: new JsonObject { ["lang"] = i % 2 == 0 ? "en" : "de", ["tags"] = new JsonArray(i) });
        }

        var english = new MetadataFilter.Equal("lang", "en");
        Assert.Equal(["d0", "d2", "d4"], (await SearchAsync(collection, "harbour", filter: english)).Evidence.Select(static e => e.SourceId).Order(StringComparer.Ordinal));
        Assert.Equal(["d3"], (await SearchAsync(collection, "harbour", filter: new MetadataFilter.Equal("tags", 3))).Evidence.Select(static e => e.SourceId));

        // Not yet announced to the index, but already true in the database.
        await _world.ExecuteAsync("""update documents set metadata = '{"lang": "de"}' where source_id = 'd2'""");
        Assert.Equal(["d0", "d4"], (await SearchAsync(collection, "harbour", filter: english)).Evidence.Select(static e => e.SourceId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_search_says_that_it_is_stale_when_the_index_cannot_catch_up()
    {
        await using var impatient = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync(), ("Rag:Index:StaleWait", "00:00:00"));
        var collection = await impatient.CreateCollectionAsync("late");
        await impatient.PublishAsync(collection, "a", "The pump is blue.");
        await impatient.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "pump" }, default);
        await impatient.ExecuteAsync("update collection_sequences set change_seq = change_seq + 1 where collection_id = $1", collection.Id.Value);

        Assert.True((await impatient.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "pump" }, default)).Stale);
    }

    [Fact]
    public async Task A_gap_in_the_kept_changes_reloads_the_collection()
    {
        var collection = await _world.CreateCollectionAsync("gap");
        await _world.PublishAsync(collection, "a", "The pump is blue.");
        Assert.Single((await SearchAsync(collection, "pump")).Evidence);

        await _world.PublishAsync(collection, "b", "The pump is red.");
        await _world.ExecuteAsync("delete from index_changes where collection_id = $1", collection.Id.Value);

        Assert.Equal(2, (await SearchAsync(collection, "pump")).Evidence.Count);
    }

    [Fact]
    public async Task Asking_for_dense_search_without_a_model_gives_words_and_says_why()
    {
        var collection = await _world.CreateCollectionAsync("no-model");
        await _world.PublishAsync(collection, "a", "The pump is blue.");
        var result = await _world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "pump", Mode = SearchMode.Hybrid }, default);
        Assert.Equal(SearchMode.Lexical, result.Mode);
        Assert.Contains("Rag:Embedding", result.Notice, StringComparison.Ordinal);
        Assert.Single(result.Evidence);
    }

    [Fact]
    public async Task A_token_budget_and_near_duplicates_bound_the_evidence()
    {
        var collection = await _world.CreateCollectionAsync("budget");
        const string text = "The northern pump station lifts water from the old canal into the upper basin during every spring flood.";
        for (var i = 0; i < 5; i++)
        {
            await _world.PublishAsync(collection, $"copy{i}", $"{text} Revision {i}.");
        }

        await _world.PublishAsync(collection, "other", "A pump needs oil.");
        Assert.Equal(6, (await SearchAsync(collection, "pump")).Evidence.Count);

        var distinct = await _world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "pump", WithoutNearDuplicates = true }, default);
        Assert.Equal(2, distinct.Evidence.Count);
        var tight = await _world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "pump", TokenBudget = 10 }, default);
        Assert.Single(tight.Evidence);
    }

    [Fact]
    public async Task A_bound_per_document_ranks_documents_and_fills_the_places_it_frees()
    {
        var collection = await _world.CreateCollectionAsync("bounded", chunking: new ChunkingSettings { TargetTokens = 50, MaxTokens = 60, OverlapTokens = 0 });
        var pump = string.Join("\n\n", Enumerable.Range(0, 150).Select(i => $"The pump number {i} is a pump that lifts water. {string.Join(' ', Enumerable.Repeat("It is kept dry and warm.", 6))}"));
        await _world.PublishAsync(collection, "long", pump);
        await _world.PublishAsync(collection, "short", $"Somebody mentioned a pump once. {string.Join(' ', Enumerable.Repeat("It is kept dry and warm.", 6))}");

        Assert.Equal(["long"], (await SearchAsync(collection, "pump lifts water")).Evidence.Select(static e => e.SourceId).Distinct());
        var bounded = await _world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "pump lifts water", PassagesPerDocument = 1 }, default);
        Assert.Equal(["long", "short"], bounded.Evidence.Select(static e => e.SourceId));
    }

    [Fact]
    public async Task Collections_do_not_see_each_other_and_a_deleted_one_is_empty()
    {
        var one = await _world.CreateCollectionAsync("one");
        var two = await _world.CreateCollectionAsync("two");
        await _world.PublishAsync(one, "a", "The pump is blue.");
        await _world.PublishAsync(two, "a", "The pump is red.");
        Assert.Equal("The pump is red.", Assert.Single((await SearchAsync(two, "pump")).Evidence).Text);

        await _world.ExecuteAsync("delete from documents where collection_id = $1", two.Id.Value);
        await _world.ExecuteAsync("delete from collections where id = $1", two.Id.Value);
        Assert.Empty((await SearchAsync(two, "pump")).Evidence);
        Assert.Single((await SearchAsync(one, "pump")).Evidence);
    }

    [Fact]
    public async Task Searches_during_changes_never_show_a_generation_that_is_not_active()
    {
        var collection = await _world.CreateCollectionAsync("busy", chunking: new ChunkingSettings { TargetTokens = 50, MaxTokens = 60, OverlapTokens = 0 });
        var random = new Random(11);
        var confirmed = new int[8];
        using var stop = new CancellationTokenSource();
        // A document's text names its version; what was confirmed before a search began must not be older in what it finds.
        var searching = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var searches = 0;
            while (!stop.IsCancellationRequested)
            {
                var before = confirmed.ToArray();
                var result = await SearchAsync(collection, "gauge", limit: 50);
                foreach (var hit in result.Evidence)
                {
                    var document = int.Parse(hit.SourceId, System.Globalization.CultureInfo.InvariantCulture);
                    var version = int.Parse(hit.Text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
                    Assert.True(version >= before[document], $"document {document}: version {version} was shown after {before[document]} was confirmed");
                }

                searches++;
            }

            return searches;
        })).ToList();
        for (var version = 1; version <= 60; version++)
        {
            var document = random.Next(confirmed.Length);
            await _world.PublishAsync(collection, $"{document}", $"Version {version} of the gauge. {string.Join(' ', Enumerable.Repeat("Filler stands here for length.", random.Next(30)))}");
            Volatile.Write(ref confirmed[document], version);
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(searching), static searches => Assert.True(searches > 3));
        var final = await SearchAsync(collection, "gauge version", limit: 50);
        Assert.Equal(confirmed.Count(static c => c > 0), final.Evidence.Select(static e => e.Document).Distinct().Count());
    }

    [Fact]
    public async Task An_extractive_answer_quotes_its_sources_exactly_and_is_silent_where_they_are()
    {
        var collection = await _world.CreateCollectionAsync("answers");
        await _world.PublishAsync(
            collection,
            "manual",
            "The observatory was founded in 1894 by the watchmakers' guild.\nIts dome\nweighs eleven tonnes [3]. Visitors are welcome on Fridays.");
        await _world.PublishAsync(collection, "menu", "The café serves soup at noon. Bread is baked every morning.");

        var events = await AskAsync(collection, "How much does the dome weigh?");

        Assert.IsType<AnswerEvent.Found>(events[0]);
        var citation = Assert.Single(events.OfType<AnswerEvent.Cited>()).Citation;
        Assert.Equal("Its dome\nweighs eleven tonnes [3].", citation.Quote);
        var text = await _world.TextOfAsync(citation.Document, citation.Generation);
        Assert.Equal(citation.Quote, text[citation.Start..citation.End]);
        Assert.Equal("Its dome weighs eleven tonnes (3). [1]", string.Concat(events.OfType<AnswerEvent.Delta>().Select(static d => d.Text)));
        Assert.True(Assert.IsType<AnswerEvent.Done>(events[^1]).AnswerFound);

        var nothing = await AskAsync(collection, "Who won the football championship in Brazil?");
        Assert.Empty(nothing.OfType<AnswerEvent.Cited>());
        Assert.False(Assert.IsType<AnswerEvent.Done>(nothing[^1]).AnswerFound);
        Assert.StartsWith("I found nothing", Assert.Single(nothing.OfType<AnswerEvent.Delta>()).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Wie hoch ist der Turm?", "de")]
    [InlineData("Quelle est la hauteur de la tour ?", "fr")]
    [InlineData("¿Cuál es la altura de la torre?", "es")]
    [InlineData("Какова высота башни?", "ru")]
    [InlineData("塔有多高？", "zh")]
    [InlineData("How high is the tower?", "en")]
    [InlineData("Turmhöhe", "en")]
    public void Not_found_is_said_in_the_language_of_the_question(string question, string language) =>
        Assert.Equal(language, NotFoundText.LanguageOf(question, "en"));

    private Task<SearchResult> SearchAsync(Collection collection, string text, int limit = 10, MetadataFilter? filter = null) =>
        _world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = text, Limit = limit, Filter = filter }, default);

    private async Task<List<AnswerEvent>> AskAsync(Collection collection, string question)
    {
        var events = new List<AnswerEvent>();
        await foreach (var step in _world.Answering.AskAsync(new Question { Collection = collection, Text = question }, default))
        {
            events.Add(step);
        }

        return events;
    }
}
