using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Rag.Api.Documents;

/// <summary>The two bodies of the submitting route, which it reads by itself and the framework therefore does not see.</summary>
internal static class SubmitDescription
{
    public static async Task DescribeBodyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["multipart/form-data"] = new()
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Required = new HashSet<string>(StringComparer.Ordinal) { "file" },
                        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                        {
                            ["sourceId"] = Text("Which document it is; with one file only. Before the files."),
                            ["title"] = Text("With one file only. Before the files."),
                            ["metadata"] = Text("A JSON object of at most 16 KB, for every file. Before the files."),
                            ["file"] = new OpenApiSchema
                            {
                                Type = JsonSchemaType.Array,
                                Items = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                            },
                        },
                    },
                },
                ["application/json"] = new()
                {
                    Schema = await context.GetOrCreateSchemaAsync(typeof(TextDocumentRequest), parameterDescription: null, cancellationToken),
                },
            },
        };
    }
}
