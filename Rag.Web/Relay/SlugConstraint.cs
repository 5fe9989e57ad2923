using System.Text.RegularExpressions;

namespace Rag.Web.Relay;

/// <summary>The route constraint <c>slug</c>: a collection's name, so that nothing else can become part of an address at the API.</summary>
internal sealed partial class SlugConstraint : IRouteConstraint
{
    public const string Name = "slug";

    public static bool IsSlug(string? text) => text is not null && Slug().IsMatch(text);

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        values.TryGetValue(routeKey, out var value) && IsSlug(value as string);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Slug();
}
