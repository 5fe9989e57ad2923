using Microsoft.Playwright;

namespace Rag.Web.Tests.Support;

/// <summary>Pictures for people to look at; no test rests on them.</summary>
internal static class Picture
{
    public static async Task TakeAsync(IPage page, string path)
    {
        var options = new PageScreenshotOptions { Path = path, Animations = ScreenshotAnimations.Disabled };
        try
        {
            await page.ScreenshotAsync(options);
        }
        catch (PlaywrightException)
        {
            // On a busy machine Chromium may refuse a capture while it still paints; the second one has no excuse.
            await page.EvaluateAsync("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
            await page.ScreenshotAsync(options);
        }
    }
}
