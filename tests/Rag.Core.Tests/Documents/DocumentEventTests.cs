using Rag.Core.Documents;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Documents;

[Collection(PostgresCollection.Name)]
public sealed class DocumentEventTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(postgres);
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task A_follower_in_another_process_sees_every_event_once_in_order_while_many_write()
    {
        await using var other = await TestEngine.StartAsync(postgres, shareWith: _engine);
        const int Count = 120;
        var seen = TakeAsync(other, after: 0, Count);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < Count / 6; i++)
            {
                await _engine.SubmitAsync(_collection, $"{writer} {i}");
            }
        })));

        Assert.Equal(Enumerable.Range(1, Count).Select(number => (long)number), (await seen).Select(item => item.Sequence));
    }

    [Fact]
    public async Task Without_a_place_to_resume_from_a_stream_begins_now()
    {
        await _engine.SubmitAsync(_collection, "before");
        using var limit = new CancellationTokenSource(Limit);
        await using var stream = _engine.Events.FollowAsync(_collection.Id, null, limit.Token).GetAsyncEnumerator(limit.Token);
        var next = stream.MoveNextAsync();
        // The enumerator has read where "now" is once its first wait began; until then a submission could come before it.
        var document = (await SubmitUntilAsync(() => next.IsCompleted)).Document;

        Assert.True(await next);
        Assert.Equal("queued", stream.Current.Status);
        Assert.True(stream.Current.Sequence > 1);
        Assert.NotEqual(default, document.Id);
    }

    [Fact]
    public async Task Whoever_resumes_before_what_is_kept_is_told_to_list_again()
    {
        for (var i = 0; i < 3; i++)
        {
            await _engine.SubmitAsync(_collection, $"{i}");
        }

        await _engine.ExecuteAsync("delete from document_events where seq <= 2");

        Assert.True((await TakeAsync(_engine, after: 1, 1))[0] is { IsReset: true, Sequence: 3 });
        Assert.True((await TakeAsync(_engine, after: 99, 1))[0] is { IsReset: true, Sequence: 3 });
        Assert.True((await TakeAsync(_engine, after: 2, 1))[0] is { IsReset: false, Sequence: 3 });
    }

    [Fact]
    public async Task A_stream_ends_with_its_collection()
    {
        using var limit = new CancellationTokenSource(Limit);
        var following = Task.Run(async () =>
        {
            await foreach (var item in _engine.Events.FollowAsync(_collection.Id, 0, limit.Token))
            {
                Assert.Fail($"There was nothing to tell, but {item} came.");
            }
        });

        await _engine.Collections.DeleteAsync(_collection.Id, CancellationToken.None);

        await following;
    }

    private async Task<List<DocumentEvent>> TakeAsync(TestEngine engine, long? after, int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        var events = new List<DocumentEvent>();
        await foreach (var item in engine.Events.FollowAsync(_collection.Id, after, limit.Token))
        {
            events.Add(item);
            if (events.Count == count)
            {
                break;
            }
        }

        return events;
    }

    private async Task<SubmissionResult> SubmitUntilAsync(Func<bool> isDone)
    {
        using var limit = new CancellationTokenSource(Limit);
        SubmissionResult result;
        var number = 0;
        do
        {
            result = await _engine.SubmitAsync(_collection, $"after {number++}");
            await Task.Delay(50, limit.Token);
        }
        while (!isDone());

        return result;
    }
}
