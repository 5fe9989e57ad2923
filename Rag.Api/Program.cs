using Rag.Api;
using Rag.Api.Migration;
using Rag.Core.Answering;
using Rag.Core.Caching;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Jobs;
using Rag.Core.Retrieval;
using RagPlatform.ServiceDefaults;

if (MigrateCommand.IsRequested(args))
{
    return await MigrateCommand.RunAsync();
}

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("rag-api");
builder.Services
    .AddRagDocuments(builder.Configuration)
    .AddRagCache(builder.Configuration)
    .AddRagJobControl()
    .AddRagEmbedding(builder.Configuration)
    .AddRagRetrieval(builder.Configuration)
    .AddRagAnswering(builder.Configuration)
    .AddRagApi();

var app = builder.Build();
app.UseProblemDetails();
app.MapDefaultEndpoints();
app.MapRagApi();
return await app.RunServiceAsync();
