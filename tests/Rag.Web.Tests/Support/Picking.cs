using Microsoft.Playwright;

namespace Rag.Web.Tests.Support;

/// <summary>Choosing files as a person does: not before the page takes them, which the browser's protocol would allow.</summary>
internal static class Picking
{
    public static async Task PickFilesAsync(this IPage page, params IReadOnlyCollection<FilePayload> files)
    {
        await Assertions.Expect(page.Locator("#pick-files")).ToBeEnabledAsync();
        await page.SetInputFilesAsync("#pick-files", files);
    }

    public static async Task PickFolderAsync(this IPage page, string path)
    {
        await Assertions.Expect(page.Locator("#pick-folder")).ToBeEnabledAsync();
        await page.SetInputFilesAsync("#pick-folder", path);
    }
}
