using Microsoft.Playwright;

namespace Rag.Web.Tests.Support;

/// <summary>The distribution's Chromium, started once for all browser tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    public const string Tests = "browser";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        var path = Find() ?? throw new InvalidOperationException(
            "These tests need Chromium. './rag test' installs it; by hand: 'apt-get install chromium', or set RAG_CHROMIUM to a Chromium or Chrome program.");
        // The default of 5 s is short for a machine that runs every test project at once.
        Assertions.SetDefaultExpectTimeout(20_000);
        // The node program inside the package drives the browser; nothing is downloaded.
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            // Chromium refuses its sandbox to root, and containers seldom allow it.
            Args = Environment.UserName == "root" ? ["--no-sandbox"] : [],
        });
    }

    /// <summary>A new profile: no cookies, no storage.</summary>
    public async Task<Visit> VisitAsync(Uri address, BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions();
        options.BaseURL = address.ToString();
        options.Locale ??= "en-GB";
        options.TimezoneId ??= "UTC";
        options.ViewportSize ??= new ViewportSize { Width = 1280, Height = 860 };
        var context = await (_browser ?? throw new InvalidOperationException("The browser is not started.")).NewContextAsync(options);
        return await Visit.StartAsync(context);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("RAG_CHROMIUM") is { Length: > 0 } given)
        {
            return given;
        }

        string[] names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }
}

[CollectionDefinition(Chromium.Tests)]
public sealed class ChromiumTests : ICollectionFixture<Chromium>;
