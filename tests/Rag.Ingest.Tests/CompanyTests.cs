namespace Rag.Ingest.Tests;

public sealed class CompanyTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Company _company = new();

    [Fact]
    public async Task One_who_wants_to_be_alone_waits_for_the_others_and_keeps_new_ones_out()
    {
        var worker = await JoinAsync();
        var suspect = await JoinAsync();
        var alone = suspect.TryBeAloneAsync(CancellationToken.None);
        var next = JoinAsync();
        Assert.False(alone.IsCompleted);
        Assert.False(next.IsCompleted);

        worker.Dispose();
        worker.Dispose();
        Assert.True(await alone.WaitAsync(Limit));
        Assert.False(next.IsCompleted);

        suspect.Dispose();
        (await next.WaitAsync(Limit)).Dispose();
    }

    [Fact]
    public async Task Two_who_want_to_be_alone_do_not_wait_for_each_other()
    {
        var first = await JoinAsync();
        var second = await JoinAsync();
        var alone = first.TryBeAloneAsync(CancellationToken.None);

        Assert.False(await second.TryBeAloneAsync(CancellationToken.None));

        second.Dispose();
        Assert.True(await alone.WaitAsync(Limit));
        first.Dispose();
        Assert.True(await (await JoinAsync()).TryBeAloneAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Who_gives_up_waiting_lets_others_in_again()
    {
        var worker = await JoinAsync();
        var suspect = await JoinAsync();
        using var cancel = new CancellationTokenSource();
        var alone = suspect.TryBeAloneAsync(cancel.Token);
        var next = JoinAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alone);
        suspect.Dispose();
        (await next.WaitAsync(Limit)).Dispose();
        worker.Dispose();
    }

    private Task<Company.Place> JoinAsync() => _company.JoinAsync(CancellationToken.None);
}
