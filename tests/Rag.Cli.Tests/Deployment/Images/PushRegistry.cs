using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Rag.Cli.Tests.Deployment.Images;

/// <summary>
/// A registry in memory that takes and gives images, by HTTP on the loopback interface (https://github.com/opencontainers/distribution-spec). It refuses what does not
/// match its digest and manifests that name what is not there, as registries do.
/// </summary>
internal sealed class PushRegistry : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (byte[] Content, string Type)> _manifests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MemoryStream> _uploads = new(StringComparer.Ordinal);
    private readonly HttpListener _listener;
    private readonly Task _serving;

    public PushRegistry()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
        }

        _listener = new HttpListener();
        _listener.Prefixes.Add($"http://{Host}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>What references begin with.</summary>
    public string Host { get; }

    public byte[] Blob(string digest) => _blobs[digest];

    /// <summary>By tag or digest.</summary>
    public byte[] Manifest(string repository, string reference) => _manifests[$"{repository} {reference}"].Content;

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static string DigestOf(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            var context = await _listener.GetContextAsync();
            await using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var response = context.Response;
            var (status, content) = Answer(context.Request, body.ToArray(), response.Headers);
            response.StatusCode = (int)status;
            if (content is not null)
            {
                response.ContentLength64 = content.Length;
                if (context.Request.HttpMethod != "HEAD")
                {
                    await response.OutputStream.WriteAsync(content);
                }
            }

            response.Close();
        }
    }

    private (HttpStatusCode Status, byte[]? Content) Answer(HttpListenerRequest request, byte[] body, WebHeaderCollection headers)
    {
        // /v2/team/rag-api/blobs/uploads/1, /v2/team/rag-api/manifests/0.1.0
        var parts = request.Url!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var kind = Array.FindIndex(parts, static part => part is "blobs" or "manifests");
        if (kind < 0)
        {
            return (HttpStatusCode.OK, null);
        }

        var repository = string.Join('/', parts[1..kind]);
        return (request.HttpMethod, parts[kind], parts[(kind + 1)..]) switch
        {
            ("POST", "blobs", ["uploads"]) => Started(repository, headers),
            ("PATCH", "blobs", ["uploads", var upload]) => Continued(repository, upload, body, headers),
            ("PUT", "blobs", ["uploads", var upload]) => Ended(upload, body, request.QueryString["digest"]!),
            ("GET" or "HEAD", "blobs", [var digest]) => _blobs.TryGetValue(digest, out var blob) ? (HttpStatusCode.OK, blob) : (HttpStatusCode.NotFound, null),
            ("PUT", "manifests", [var reference]) => Named(repository, reference, body, request.ContentType!, headers),
            ("GET" or "HEAD", "manifests", [var reference]) => Known(repository, reference, headers),
            _ => (HttpStatusCode.MethodNotAllowed, null),
        };
    }

    private (HttpStatusCode, byte[]?) Started(string repository, WebHeaderCollection headers)
    {
        var upload = Guid.NewGuid().ToString("N");
        _uploads[upload] = new MemoryStream();
        headers["Location"] = $"/v2/{repository}/blobs/uploads/{upload}";
        return (HttpStatusCode.Accepted, null);
    }

    private (HttpStatusCode, byte[]?) Continued(string repository, string upload, byte[] body, WebHeaderCollection headers)
    {
        _uploads[upload].Write(body);
        headers["Location"] = $"/v2/{repository}/blobs/uploads/{upload}";
        return (HttpStatusCode.Accepted, null);
    }

    private (HttpStatusCode, byte[]?) Ended(string upload, byte[] body, string digest)
    {
        _uploads[upload].Write(body);
        var content = _uploads[upload].ToArray();
        if (DigestOf(content) != digest)
        {
            return (HttpStatusCode.BadRequest, null);
        }

        _blobs[digest] = content;
        return (HttpStatusCode.Created, null);
    }

    private (HttpStatusCode, byte[]?) Named(string repository, string reference, byte[] body, string type, WebHeaderCollection headers)
    {
        using var manifest = JsonDocument.Parse(body);
        string[] Digests(string name) => manifest.RootElement.TryGetProperty(name, out var entries) ? [.. entries.EnumerateArray().Select(static entry => entry.GetProperty("digest").GetString()!)] : [];
        if (!Digests("layers").All(_blobs.ContainsKey) || !Digests("manifests").All(digest => _manifests.ContainsKey($"{repository} {digest}")))
        {
            return (HttpStatusCode.BadRequest, null);
        }

        _manifests[$"{repository} {reference}"] = _manifests[$"{repository} {DigestOf(body)}"] = (body, type);
        headers["Docker-Content-Digest"] = DigestOf(body);
        return (HttpStatusCode.Created, null);
    }

    private (HttpStatusCode, byte[]?) Known(string repository, string reference, WebHeaderCollection headers)
    {
        if (!_manifests.TryGetValue($"{repository} {reference}", out var known))
        {
            return (HttpStatusCode.NotFound, null);
        }

        headers["Content-Type"] = known.Type;
        headers["Docker-Content-Digest"] = DigestOf(known.Content);
        return (HttpStatusCode.OK, known.Content);
    }
}
