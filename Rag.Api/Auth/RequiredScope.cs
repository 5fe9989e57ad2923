namespace Rag.Api.Auth;

/// <summary>On every endpoint that needs a bearer. Null: any valid one.</summary>
internal sealed record RequiredScope(Scope? Scope);

internal static class RequiredScopeConventions
{
    public static TBuilder Requires<TBuilder>(this TBuilder builder, Scope scope)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredScope(scope));

    public static TBuilder RequiresAnyBearer<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredScope(null));
}
