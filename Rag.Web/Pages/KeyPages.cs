using System.Globalization;
using System.Net;
using Rag.Client;
using Rag.Web.Components.Views;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>The keys of the installation, for administrators.</summary>
internal static class KeyPages
{
    private const int PageSize = 100;

    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/keys").WithMetadata(new NeedsVisitor()).RequireFormToken();
        pages.MapGet("", ShowAsync);
        pages.MapPost("", CreateAsync);
        pages.MapPost("{id:guid}/revoke", RevokeAsync);
    }

    private static async Task<IResult> ShowAsync(PageFrame frame, Visitor visitor, string? cursor, CancellationToken cancellationToken) =>
        frame.Show<KeysView, KeysModel>(await LoadAsync(visitor, cursor, cancellationToken));

    private static async Task<IResult> CreateAsync(
        HttpContext context, PageFrame frame, Visitor visitor, TimeProvider time, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var draft = new NewKey(form["name"].ToString().Trim(), form["scope"].ToString(), form["collections"].ToString().Trim(), form["days"].ToString());
        try
        {
            var created = await visitor.Api.CreateKeyAsync(draft.ToRequest(time.GetUtcNow()), cancellationToken);
            // Not a redirect: this answer is the only place where the key ever stands.
            return frame.Show<KeysView, KeysModel>(await LoadAsync(visitor, cursor: null, cancellationToken) with { Created = created });
        }
        catch (RagApiException e) when (e.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
        {
            var model = await LoadAsync(visitor, cursor: null, cancellationToken);
            return frame.Show<KeysView, KeysModel>(model with { Draft = draft, Problem = e.Message }, StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> RevokeAsync(Guid id, HttpContext context, PageFrame frame, Visitor visitor, CancellationToken cancellationToken)
    {
        if (!await Confirmation.IsGivenAsync(context, cancellationToken))
        {
            var form = await context.Request.ReadFormAsync(cancellationToken);
            return frame.Show<ConfirmView, ConfirmModel>(Confirmation.RevokeKey(id, form["name"].ToString()));
        }

        await visitor.Api.RevokeKeyAsync(id, cancellationToken);
        return TypedResults.Redirect("/keys?done=key-revoked");
    }

    private static async Task<KeysModel> LoadAsync(Visitor visitor, string? cursor, CancellationToken cancellationToken) =>
        new(await visitor.Api.ListKeysAsync(PageSize, cursor, cancellationToken), new NewKey(), null, null);
}

// Draft: what the form holds.
// Created: the key just made, with its secret.
// Problem: why the draft was refused.
public sealed record KeysModel(Page<ApiKey> Keys, NewKey Draft, ApiKey? Created, string? Problem);

/// <summary>What a person typed for a new key.</summary>
// Scope: the highest right: each includes the ones before it.
// Collections: names, separated by commas or spaces; empty: all.
// Days: until it expires; empty: never.
public sealed record NewKey(string Name = "", string Scope = "read", string Collections = "", string Days = "")
{
    public CreateKey ToRequest(DateTimeOffset now)
    {
        var collections = Collections.Split([',', ' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new CreateKey(
            Name,
            Scope switch
            {
                "admin" => [KeyScope.Read, KeyScope.Write, KeyScope.Admin],
                "write" => [KeyScope.Read, KeyScope.Write],
                _ => [KeyScope.Read],
            },
            collections.Length == 0 ? null : collections,
            int.TryParse(Days, CultureInfo.InvariantCulture, out var days) && days is > 0 and <= 3650 ? now.AddDays(days) : null);
    }
}
