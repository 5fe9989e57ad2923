using Microsoft.Extensions.Options;
using Rag.Client;
using Rag.Web.Components.Views;
using Rag.Web.Hosting;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>Asking a collection, and how to ask it from a program.</summary>
internal static class AskPages
{
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
        string collection, PageFrame frame, Visitor visitor, IOptions<WebOptions> options, ApiAddress address, CancellationToken cancellationToken)
    {
        var found = await visitor.Api.GetCollectionAsync(collection, cancellationToken);
        var url = (options.Value.PublicApiUrl ?? address.Base).AbsoluteUri.TrimEnd('/');
        return frame.Show<ApiGuideView, ApiGuideModel>(new ApiGuideModel(found, url));
    }
}

// ChatModel: extractive when no language model is configured.
public sealed record AskModel(Collection Collection, string ChatModel)
{
    public bool IsExtractive => ChatModel == "extractive";
}

// ApiUrl: without a slash at its end.
public sealed record ApiGuideModel(Collection Collection, string ApiUrl);
