using Rag.Web.Components.Views;

namespace Rag.Web.Pages;

/// <summary>A page that says in words what is the matter.</summary>
internal sealed class MessagePage(int status, string title, string detail, MessageAction? action = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return PageFrame.From(httpContext).Show<MessageView, MessageModel>(new MessageModel(status, title, detail, action), status).ExecuteAsync(httpContext);
    }
}

// Status: the HTTP status, shown small.
// Action: what the reader can do next; null: nothing to click.
public sealed record MessageModel(int Status, string Title, string Detail, MessageAction? Action);

/// <summary>A link below a message.</summary>
public sealed record MessageAction(string Label, string Url)
{
    public static MessageAction ToCollections { get; } = new("To the collections", "/collections");
}
