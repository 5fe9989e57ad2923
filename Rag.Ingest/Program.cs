using Rag.Core.Blobs;
using Rag.Core.Caching;
using Rag.Core.Embedding;
using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;
using Rag.Core.Indexing;
using Rag.Core.Jobs;
using Rag.Core.Retrieval;
using Rag.Core.Storage;
using Rag.Ingest;
using RagPlatform.ServiceDefaults;
using RagPlatform.ServiceDefaults.Configuration;

if (ExtractCommand.IsRequested(args))
{
    return await ExtractCommand.RunAsync();
}

OwnProcess.Close();
var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("rag-ingest");
builder.Services.AddKnownSection<StorageOptions>("Storage").AddKnownSection<BlobOptions>("Blobs").AddKnownSection<JobOptions>("Jobs")
    .AddKnownSection<ExtractionOptions>("Extraction").AddKnownSection<EmbeddingOptions>("Embedding").AddKnownSection<IndexOptions>("Index")
    .AddKnownSection<CacheOptions>("Cache");
builder.Services.AddRagJobs(builder.Configuration);
builder.Services.AddRagCache(builder.Configuration);
builder.Services.AddRagExtraction(builder.Configuration);
builder.Services.AddRagEmbedding(builder.Configuration);
builder.Services.AddRagIndexWriter(builder.Configuration);
builder.Services.AddIngestWorker();

var app = builder.Build();
app.MapDefaultEndpoints();
return await app.RunServiceAsync();
