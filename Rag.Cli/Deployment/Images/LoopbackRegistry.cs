using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rag.Cli.Deployment.Images;

/// <summary>
/// Serves one image on the loopback interface in the way of a registry (https://github.com/opencontainers/distribution-spec), for reading only.
/// The SDK takes base images from registries and from nowhere else; with this, from a file too.
/// </summary>
internal sealed class LoopbackRegistry : IAsyncDisposable
{
    private const string Host = "127.0.0.1:";

    private const string Repository = "base";
    private const string Tag = "local";

    private readonly ArchiveLayout _image;
    private readonly HttpListener _listener;
    private readonly Task _serving;

    private LoopbackRegistry(ArchiveLayout image, HttpListener listener, int port)
    {
        _image = image;
        _listener = listener;
        Reference = string.Create(CultureInfo.InvariantCulture, $"{Host}{port}/{Repository}:{Tag}");
        _serving = ServeAsync();
    }

    /// <summary>What the image is called here.</summary>
    public string Reference { get; }

    public static LoopbackRegistry Start(ArchiveLayout image)
    {
        for (var attempt = 0; ; attempt++)
        {
            var port = FreePort();
            var listener = new HttpListener();
            listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://{Host}{port}/"));
            try
            {
                listener.Start();
                return new LoopbackRegistry(image, listener, port);
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                // Somebody else was given the port in between.
                listener.Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            var context = await _listener.GetContextAsync();
            try
            {
                await AnswerAsync(context);
            }
            catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException)
            {
                // Whoever asked has gone; the next one has not.
                context.Response.Abort();
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var response = context.Response;
        var path = context.Request.Url!.AbsolutePath;
        if (path is "/v2/" or "/v2")
        {
            response.Close();
            return;
        }

        var what = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var found = what switch
        {
            ["v2", Repository, "manifests", Tag] => (Digest: _image.Digest, Type: _image.MediaType, Content: (Stream)new MemoryStream(_image.Manifest)),
            ["v2", Repository, "manifests", var digest] when digest == _image.Digest => (digest, _image.MediaType, new MemoryStream(_image.Manifest)),
            ["v2", Repository, "manifests" or "blobs", var digest] when _image.Blob(digest) is { } file => (digest, _image.MediaTypeOf(digest), File.OpenRead(file)),
            _ => default,
        };
        if (found.Content is null)
        {
            response.StatusCode = (int)HttpStatusCode.NotFound;
            response.Close();
            return;
        }

        await using var content = found.Content;
        response.ContentType = found.Type;
        response.ContentLength64 = content.Length;
        response.Headers["Docker-Content-Digest"] = found.Digest;
        if (context.Request.HttpMethod != "HEAD")
        {
            await content.CopyToAsync(response.OutputStream);
        }

        response.Close();
    }
}
