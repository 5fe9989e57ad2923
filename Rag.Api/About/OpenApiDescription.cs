using Microsoft.OpenApi;
using Rag.Api.Auth;
using RagPlatform.ServiceDefaults.Problems;
using RagPlatform.ServiceDefaults.Telemetry;

namespace Rag.Api.About;

/// <summary><c>/openapi/v1.json</c>: made from the endpoints themselves, so that none can be missing.</summary>
internal static class OpenApiDescription
{
    private const string SchemeName = "bearer";

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", static options =>
    {
        options.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "RagPlatform",
                Version = ServiceVersion.Text,
                Description = "Documents in, cited answers out. Errors are RFC 9457 problems; docs/api.md has their codes.",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [SchemeName] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key or a session." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(static async (operation, context, cancellationToken) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<RequiredScope>().LastOrDefault() is { } required)
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SchemeName, context.Document)] = [] }];
                operation.Description = required.Scope is { } scope ? $"Needs the scope '{scope.ToString().ToLowerInvariant()}'." : "Needs any valid bearer.";
                operation.Responses ??= [];
                operation.Responses["default"] = new OpenApiResponse
                {
                    Description = "A problem (RFC 9457); the last part of 'type' is its stable code.",
                    Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                    {
                        ["application/problem+json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(ProblemBody), parameterDescription: null, cancellationToken) },
                    },
                };
            }
        });
    });
}
