using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Rag.Core.Documents;

namespace Rag.Api.Documents;

/// <summary>The status in the query of the list, which the route reads as text and the framework therefore takes for any.</summary>
internal static class ListDescription
{
    public static async Task DescribeStatusAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var parameter = operation.Parameters!.OfType<OpenApiParameter>().Single(static one => one.Name == "status");
        parameter.Schema = await context.GetOrCreateSchemaAsync(typeof(DocumentStatus), parameterDescription: null, cancellationToken);
    }
}
