using Rag.Web.Hosting;

namespace Rag.Web.Relay;

/// <summary>
/// The connections on which requests are relayed. A bare handler on purpose: retries and overall time-outs, right for calls of our own,
/// would repeat uploads and cut streams. Cancellation comes from the browser.
/// </summary>
internal sealed class ApiTransport(ApiAddress address) : IDisposable
{
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // A service's address may come to mean another replica.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        // A server that refuses a large upload says so before the bytes are sent; one that does not know the question is not waited for long.
        Expect100ContinueTimeout = TimeSpan.FromSeconds(1),
    });

    public Uri Base => address.Base;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker.SendAsync(request, cancellationToken);

    public void Dispose() => _invoker.Dispose();
}
