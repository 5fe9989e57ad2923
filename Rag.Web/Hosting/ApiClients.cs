using Rag.Client;

namespace Rag.Web.Hosting;

/// <summary>Makes clients of the API that carry one person's right.</summary>
internal sealed class ApiClients(IHttpClientFactory factory)
{
    public const string HttpClientName = "rag-api";

    /// <param name="bearer">A session or a key; null for what needs neither.</param>
    public RagClient For(string? bearer) => new(factory.CreateClient(HttpClientName), _ => ValueTask.FromResult(bearer));
}
