using Rag.Client;

namespace Rag.Web.Hosting;

/// <summary>Makes clients of the API that carry one person's right.</summary>
internal sealed class ApiClients(IHttpClientFactory factory)
{
    public const string PageCalls = "rag-api";
    public const string Removals = "rag-api-removals";

    /// <summary>For what a page shows or does while a person waits: gives up after seconds.</summary>
    /// <param name="bearer">A session or a key; null for what needs neither.</param>
    public RagClient For(string? bearer) => Create(PageCalls, bearer);

    /// <summary>For removing what may be large: waits for minutes.</summary>
    public RagClient ForRemovals(string bearer) => Create(Removals, bearer);

    private RagClient Create(string name, string? bearer) => new(factory.CreateClient(name), _ => ValueTask.FromResult(bearer));
}
