using Rag.Web.Security;

namespace Rag.Web.Relay;

/// <summary>Everything under <c>/app/</c>: what the pages' scripts talk to.</summary>
internal static class RelayEndpoints
{
    public static void MapRelay(this IEndpointRouteBuilder routes)
    {
        var app = routes.MapGroup("/app");
        foreach (var route in RelayRoutes.All)
        {
            app.MapMethods(route.Pattern, [route.Method], (HttpContext context, Relayer relayer) => relayer.RelayAsync(context, route));
        }

        app.Map("{**rest}", static (HttpContext context) =>
            Problems.WriteAsync(context, StatusCodes.Status404NotFound, "not-found", "Not found", "This site passes no such request on to the API."));
    }
}
