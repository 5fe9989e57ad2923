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
        var draft = NewKey.From(form);
        try
        {
            // Not a redirect: this answer is the only place where the key ever stands. A reload sends the same form again, and the API
            // answers that with the key it made then, without its secret.
            var created = await visitor.Api.CreateKeyAsync(draft.ToRequest(time.GetUtcNow()), OnceOf(form), cancellationToken);
            return frame.Show<KeysView, KeysModel>(await LoadAsync(visitor, cursor: null, cancellationToken) with { Created = created });
        }
        catch (RagApiException e) when (e.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Forbidden
            or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity)
        {
            var model = await LoadAsync(visitor, cursor: null, cancellationToken);
            return frame.Show<KeysView, KeysModel>(model with { Draft = draft, Problem = KeyProblem.Of(e) }, StatusCodes.Status400BadRequest);
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

    private static string? OnceOf(IFormCollection form) => Guid.TryParse(form["once"], out var once) ? $"web-{once:N}" : null;

    private static async Task<KeysModel> LoadAsync(Visitor visitor, string? cursor, CancellationToken cancellationToken) =>
        new(await visitor.Api.ListKeysAsync(PageSize, cursor, cancellationToken), new NewKey(), null, null);
}

// Draft: what the form holds.
// Created: the key just made, with its secret; without it when the form was sent before.
// Problem: why the draft was refused.
public sealed record KeysModel(Page<ApiKey> Keys, NewKey Draft, ApiKey? Created, KeyProblem? Problem);

/// <summary>The fields of the form for a new key.</summary>
public enum KeyField
{
    Name,
    Scopes,
    Collections,
    Days,
}

/// <summary>Why a key was refused, and the field it stands at.</summary>
public sealed record KeyProblem(KeyField Field, string Words)
{
    public static KeyProblem Of(RagApiException problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var field = (problem.Code, problem.Problem.Errors?.Keys.FirstOrDefault()) switch
        {
            ("collection-not-found", _) => KeyField.Collections,
            ("scope-missing", _) => KeyField.Scopes,
            (_, { } name) when name.StartsWith("scopes", StringComparison.Ordinal) => KeyField.Scopes,
            (_, { } name) when name.StartsWith("collections", StringComparison.Ordinal) => KeyField.Collections,
            (_, "expires") => KeyField.Days,
            _ => KeyField.Name,
        };
        return new KeyProblem(field, problem.Message);
    }
}

/// <summary>What a person typed for a new key.</summary>
public sealed record NewKey
{
    public string Name { get; init; } = "";

    /// <summary>Each by itself: none includes another.</summary>
    public IReadOnlyList<KeyScope> Scopes { get; init; } = [KeyScope.Read];

    /// <summary>Names, separated by commas or spaces; empty: all.</summary>
    public string Collections { get; init; } = "";

    /// <summary>Until it expires; empty: never.</summary>
    public string Days { get; init; } = "";

    public static NewKey From(IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(form);
        return new NewKey
        {
            Name = form["name"].ToString().Trim(),
            Scopes = [.. Enum.GetValues<KeyScope>().Where(scope => form["scope"].Contains(Formats.Scope(scope)))],
            Collections = form["collections"].ToString().Trim(),
            Days = form["days"].ToString(),
        };
    }

    public CreateKey ToRequest(DateTimeOffset now)
    {
        var collections = Collections.Split([',', ' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new CreateKey(
            Name,
            Scopes,
            collections.Length == 0 ? null : collections,
            int.TryParse(Days, CultureInfo.InvariantCulture, out var days) && days is > 0 and <= 3650 ? now.AddDays(days) : null);
    }
}
