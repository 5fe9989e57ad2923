using System.Diagnostics;

namespace AppHost.Tests.Publishing;

/// <summary>What a deployment is made from. Compared whole: a change here changes clusters.</summary>
public sealed class AppHostManifestTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("manifest-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("--publisher manifest --output-path {0}/aspire-manifest.json")]
    [InlineData("--operation publish --step publish-manifest --output-path {0}")]
    public async Task The_manifest_is_the_one_that_was_reviewed(string arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.True(exitCode == 0, output);
        var manifest = await File.ReadAllTextAsync(Path.Combine(_directory.FullName, "aspire-manifest.json"));
        Assert.Equal(Expected(), Placed(manifest));
        Assert.DoesNotContain("signin", manifest + output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("SignInToken", manifest, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_missing_option_is_named_and_the_program_fails()
    {
        var (exitCode, output) = await RunAsync("--publisher manifest");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("--output-path", output, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(Projects.AppHost).Assembly.Location);
        foreach (var argument in arguments.Split(' '))
        {
            start.ArgumentList.Add(argument.Replace("{0}", _directory.FullName, StringComparison.Ordinal));
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    // Paths are relative to where the manifest is; the reviewed one stands in the app host's directory.
    private string Placed(string manifest)
    {
        var toRepository = Path.GetRelativePath(_directory.FullName, Path.GetFullPath("..", Projects.AppHost.ProjectPath)).Replace('\\', '/');
        return manifest.ReplaceLineEndings("\n").Replace($"\"{toRepository}/", "\"../", StringComparison.Ordinal);
    }

    private static string Expected()
    {
        using var stream = typeof(AppHostManifestTests).Assembly.GetManifestResourceStream("AppHost.Tests.Publishing.apphost-manifest.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").TrimEnd();
    }
}
