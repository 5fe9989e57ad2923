using System.Collections.Concurrent;
using Microsoft.Playwright;
using Rag.Web.Tests.StandIn;

namespace Rag.Web.Tests.Support;

/// <summary>One person's browser. Whatever the console complains of, a violated Content-Security-Policy above all, fails the test.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly IBrowserContext _context;

    private Visit(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
    }

    public IPage Page { get; }

    public IBrowserContext Context => _context;

    /// <summary>Errors and warnings of the console, uncaught exceptions, refused loads.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    internal static async Task<Visit> StartAsync(IBrowserContext context)
    {
        context.SetDefaultTimeout(30_000);
        var page = await context.NewPageAsync();
        var visit = new Visit(context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                visit._complaints.Enqueue($"{message.Type}: {message.Text}");
            }
        };
        page.PageError += (_, error) => visit._complaints.Enqueue($"exception: {error}");
        return visit;
    }

    public async Task SignInAsync(string key = StandInApi.AdminKey, string path = "/collections")
    {
        await Page.GotoAsync($"/signin?return={Uri.EscapeDataString(path)}");
        await Page.GetByLabel("API key").FillAsync(key);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Page.WaitForURLAsync("**" + path + "*");
    }

    /// <summary>Keeps back what the page asks for at <paramref name="pattern"/>, as a slow network does, until the result is set.</summary>
    public async Task<TaskCompletionSource> HoldAsync(string pattern)
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _context.RouteAsync(pattern, async route =>
        {
            await released.Task;
            await route.ContinueAsync();
        });
        return released;
    }

    /// <summary>
    /// Keeps back the answer to what the page asks for at <paramref name="pattern"/>, once it is there, until the result is set: what the
    /// server knew then reaches the page late.
    /// </summary>
    public async Task<(Task Answered, TaskCompletionSource Release)> HoldAnswerAsync(string pattern)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _context.RouteAsync(pattern, async route =>
        {
            var answer = await route.FetchAsync();
            answered.TrySetResult();
            await released.Task;
            await route.FulfillAsync(new() { Response = answer });
        });
        return (answered.Task, released);
    }

    /// <summary>From now on keeps everything that is said to screen readers; what is said quickly after each other counts too.</summary>
    public Task ListenAsync() => Page.EvaluateAsync(
        """
        () => {
          window.said = [];
          for (const region of document.querySelectorAll('#announcer, [data-announcer]'))
            new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
        }
        """);

    /// <summary>Waits until that was said.</summary>
    public Task HearAsync(string words) => Page.WaitForFunctionAsync("(words) => window.said.some((one) => one.includes(words))", words);

    /// <summary>Fails if anything was complained of; call it at the end.</summary>
    public void AssertQuiet() => Assert.True(_complaints.IsEmpty, string.Join(Environment.NewLine, _complaints));

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
