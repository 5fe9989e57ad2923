using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Retrieval;
using Rag.Core.Tests.Retrieval;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing;

[Collection(PostgresCollection.Name)]
public sealed class IndexLagTests(PostgresFixture postgres)
{
    [Fact]
    public async Task The_lag_is_the_age_in_seconds_of_the_oldest_change_that_the_index_does_not_have()
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var collection = await world.CreateCollectionAsync("lag");
        await world.PublishAsync(collection, "a", "The pump is blue.");
        await world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "pump" }, default);
        var meter = world.Services.GetRequiredService<RetrievalTelemetry>().Meter;
        var lag = double.NaN;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter == meter && instrument.Name == "rag.index.lag")
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => lag = tags.Length == 0 ? value : throw new InvalidOperationException("It has tags."));
        listener.Start();

        async Task UntilAsync(Func<double, bool> isSo)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            do
            {
                await Task.Delay(50, limit.Token);
                listener.RecordObservableInstruments();
            }
            while (!isSo(lag));
        }

        await UntilAsync(static value => value == 0);
        // Changes whose number the counter does not show yet are not followed, so that the lag stays long enough to be looked at.
        await world.ExecuteAsync(
            """
            insert into index_changes (collection_id, seq, document_id, created)
            select collection_id, change_seq + n, collection_id, now() - n * interval '300 seconds' from collection_sequences, generate_series(1, 2) n
            """);
        await UntilAsync(static value => value is >= 600 and < 700);
        await world.ExecuteAsync("delete from index_changes where created < now() - interval '100 seconds'");
        await UntilAsync(static value => value == 0);
    }
}
