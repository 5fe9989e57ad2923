using System.Diagnostics;
using System.Text.Json.Nodes;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Tests;

/// <summary>What <c>kubectl kustomize</c> makes of a folder.</summary>
internal static class Kustomize
{
    /// <summary>Every object that it renders.</summary>
    public static async Task<IReadOnlyList<JsonObject>> RenderAsync(string folder)
    {
        using var process = Process.Start(new ProcessStartInfo("kubectl", ["kustomize", folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return RenderedYaml.Read(output);
    }
}
