using Rag.Cli.Processes;
using Rag.Cli.Up;
using Rag.Deploy.AppModel;

namespace Rag.Cli.Deployment;

/// <summary>The app model that is deployed: a manifest that somebody has, or the one that AppHost of this checkout writes.</summary>
internal static class AppModelFile
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Reads it, after building AppHost where it has to be written first.</summary>
    /// <exception cref="CliException">AppHost does not build, or does not write a manifest.</exception>
    /// <exception cref="ManifestException">It cannot be deployed as it is.</exception>
    public static async Task<AppManifest> ReadAsync(CliContext context, string? path, CancellationToken cancellationToken)
    {
        if (path is not null)
        {
            return ManifestReader.ReadFile(Path.GetFullPath(path, context.WorkingDirectory));
        }

        var checkout = context.RequireCheckout();
        var build = new AppHostBuild(checkout);
        await build.EnsureAsync(context.Terminal, cancellationToken);

        // Paths in a manifest are relative to it, so it is written where AppHost is looked for by everybody else: in its folder.
        var file = Path.Combine(Path.GetDirectoryName(checkout.AppHost)!, "obj", "aspire-manifest.json");
        var run = await ChildProgram.CaptureAsync("dotnet", [build.Program, "--publisher", "manifest", "--output-path", file], checkout.Root, Limit, cancellationToken: cancellationToken);
        return run.Succeeded && File.Exists(file)
            ? ManifestReader.ReadFile(file)
            : throw new CliException("AppHost did not write its manifest.", (run.Error + run.Output).Trim() is { Length: > 0 } said ? said : null);
    }
}
