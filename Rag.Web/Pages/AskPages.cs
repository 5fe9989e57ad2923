using Microsoft.Extensions.Options;
using Rag.Client;
using Rag.Web.Components.Views;
using Rag.Web.Hosting;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>Asking a collection, and how to ask it from a program.</summary>
internal static class AskPages
{
    // example is reserved: it can never be somebody's.
    private const string Placeholder = "https://rag-api.example";

    public static void MapAsk(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/collections/{collection:slug}").WithMetadata(new NeedsVisitor());
        pages.MapGet("ask", AskAsync);
        pages.MapGet("api", GuideAsync);
    }

    private static async Task<IResult> AskAsync(string collection, PageFrame frame, Visitor visitor, CancellationToken cancellationToken)
    {
        var found = visitor.Api.GetCollectionAsync(collection, cancellationToken);
        var version = visitor.Api.GetVersionAsync(cancellationToken);
        await Task.WhenAll(found, version);
        return frame.Show<AskView, AskModel>(new AskModel(await found, (await version).Chat.Model));
    }

    private static async Task<IResult> GuideAsync(
        string collection,
        HttpRequest request,
        PageFrame frame,
        Visitor visitor,
        IOptions<WebOptions> options,
        ApiAddress address,
        CancellationToken cancellationToken)
    {
        var found = await visitor.Api.GetCollectionAsync(collection, cancellationToken);
        // The address that this site uses is often one inside a cluster. It serves a reader only where both sit on one machine.
        var known = options.Value.PublicApiUrl ?? (address.Base.IsLoopback && IsLoopback(request.Host) ? address.Base : null);
        return frame.Show<ApiGuideView, ApiGuideModel>(new ApiGuideModel(found, known?.AbsoluteUri.TrimEnd('/') ?? Placeholder, known is not null));
    }

    private static bool IsLoopback(HostString host) =>
        Uri.TryCreate($"http://{host.Value}", UriKind.Absolute, out var uri) && uri.IsLoopback;
}

// ChatModel: extractive when no language model is configured.
public sealed record AskModel(Collection Collection, string ChatModel)
{
    public bool IsExtractive => ChatModel == "extractive";
}

// ApiUrl: without a slash at its end.
// IsKnown: false for an address that only stands for the real one.
public sealed record ApiGuideModel(Collection Collection, string ApiUrl, bool IsKnown);
