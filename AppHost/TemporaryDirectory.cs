using Microsoft.Extensions.Hosting;

namespace AppHost;

/// <summary>
/// A directory that goes when the application is disposed. Not when it stops: hosted services stop in reverse order, so the services that use
/// the directory would still be running. It is a hosted service only to be created, and so disposed, by the container.
/// </summary>
internal sealed class TemporaryDirectory(string path) : IHostedService, IDisposable
{
    public string Path => path;

    public static TemporaryDirectory Create(string prefix) => new(Directory.CreateTempSubdirectory(prefix).FullName);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
