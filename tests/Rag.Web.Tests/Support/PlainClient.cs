using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Rag.Web.Tests.StandIn;

namespace Rag.Web.Tests.Support;

/// <summary>A client that is no browser: it sends exactly what a test says, follows nothing, and remembers cookies.</summary>
internal sealed partial class PlainClient : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="address">Of the site.</param>
    /// <param name="from">The address to come from; null: what the system chooses.</param>
    public PlainClient(Uri address, IPAddress? from = null)
    {
        Cookies = new CookieContainer();
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies, UseProxy = false };
        if (from is not null)
        {
            handler.ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(from.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }

        _http = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        Origin = address.GetLeftPart(UriPartial.Authority);
    }

    public CookieContainer Cookies { get; }

    /// <summary>Sent with every write; null: none.</summary>
    public string? Origin { get; set; }

    public static async Task<PlainClient> SignedInAsync(Uri address, string key = StandInApi.AdminKey)
    {
        var client = new PlainClient(address);
        using var answer = await client.PostFormAsync("/signin", "/signin", new() { ["key"] = key });
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return client;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(new Uri(path, UriKind.Relative));

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        if (request.Method != HttpMethod.Get && Origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", Origin);
        }

        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>Opens a page, takes the token out of its form, and sends the form.</summary>
    public async Task<HttpResponseMessage> PostFormAsync(string page, string action, Dictionary<string, string> fields)
    {
        fields["formToken"] = await TokenAsync(page);
        return await SendAsync(new HttpRequestMessage(HttpMethod.Post, action) { Content = new FormUrlEncodedContent(fields) });
    }

    /// <summary>The token of the forms on a page.</summary>
    public async Task<string> TokenAsync(string page) =>
        Token().Match(await _http.GetStringAsync(new Uri(page, UriKind.Relative))).Groups[1].Value;

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("name=\"formToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
