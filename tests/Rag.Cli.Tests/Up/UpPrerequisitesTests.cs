using Rag.Cli.Up;

namespace Rag.Cli.Tests.Up;

/// <summary>Nothing large is downloaded against somebody's will.</summary>
public sealed class UpPrerequisitesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private int _fetches;

    public UpPrerequisitesTests() => Directory.CreateDirectory(Checkout.Tools);

    private Checkout Checkout => new(_folder.Path);

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
    }

    [Theory]
    [InlineData("y\n", false, 1)]
    [InlineData("n\n", false, 0)]
    [InlineData(null, false, 0)]
    [InlineData(null, true, 1)]
    public async Task The_dashboard_is_fetched_only_when_that_was_agreed_to(string? typed, bool yes, int fetches)
    {
        await DashboardAsync(typed, yes);
        Assert.Equal(fetches, _fetches);
        Assert.Equal(fetches == 0, _output.ToString().Contains("Going on without the dashboard", StringComparison.Ordinal));
        Assert.Equal(fetches == 0, _output.ToString().Contains("npm install", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_declined_the_dashboard_is_not_asked_again_but_may_change_their_mind()
    {
        await DashboardAsync("n\n", yes: false);
        _output.GetStringBuilder().Clear();

        await DashboardAsync("y\n", yes: false);
        Assert.Equal(0, _fetches);
        Assert.Empty(_output.ToString());

        await DashboardAsync(typed: null, yes: true);
        Assert.Equal(1, _fetches);
    }

    [Fact]
    public async Task A_start_that_could_ask_nobody_does_not_silence_the_next_that_can()
    {
        await DashboardAsync(typed: null, yes: false);
        await DashboardAsync("y\n", yes: false);
        Assert.Equal(1, _fetches);
    }

    [Fact]
    public async Task A_download_that_failed_is_not_tried_at_every_start_but_told_and_tried_again_on_request()
    {
        await File.WriteAllTextAsync(Checkout.FetchedAspire + ".failed", "the network is away");
        await DashboardAsync("y\n", yes: false);
        Assert.Equal(0, _fetches);
        Assert.Contains("the network is away", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("--yes", _output.ToString(), StringComparison.Ordinal);

        await DashboardAsync(typed: null, yes: true);
        Assert.Equal(1, _fetches);
    }

    [Theory]
    [InlineData("n\n")]
    [InlineData(null)]
    public async Task PostgreSQL_is_not_fetched_unasked(string? typed)
    {
        using var reader = typed is null ? null : new StringReader(typed);
        var refused = await Assert.ThrowsAsync<CliException>(
            () => UpPrerequisites.FetchPostgresAsync(Context(reader), Checkout, yes: false, FetchAsync, CancellationToken.None));
        Assert.Contains("nobody agreed", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--yes", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(0, _fetches);

        await UpPrerequisites.FetchPostgresAsync(Context(input: null), Checkout, yes: true, FetchAsync, CancellationToken.None);
        Assert.Equal(1, _fetches);
    }

    private async Task DashboardAsync(string? typed, bool yes)
    {
        using var reader = typed is null ? null : new StringReader(typed);
        await UpPrerequisites.FetchDashboardAsync(Context(reader), Checkout, yes, FetchAsync, CancellationToken.None);
    }

    private Task<string?> FetchAsync(string target, CancellationToken cancellationToken)
    {
        _fetches++;
        return Task.FromResult<string?>(null);
    }

    private CliContext Context(TextReader? input) => new()
    {
        Terminal = Terminal.Plain(_output, _output, input),
        Checkout = Checkout,
        WorkingDirectory = _folder.Path,
        Variable = _ => null,
        Recorded = _ => null,
    };
}
