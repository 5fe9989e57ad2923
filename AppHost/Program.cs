using AppHost;

var builder = DistributedApplication.CreateBuilder(RunSettings.Options(args));
var run = RunSettings.From(builder);

var postgres = builder.AddPostgres("postgres");
var db = postgres.AddDatabase("ragdb");
var cache = builder.AddRedis("cache");
var bootstrapKey = builder.AddParameter(
    "bootstrap-key", new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true);

if (run.KeepsData)
{
    postgres.WithDataVolume();
}

var api = builder.AddProject<Projects.Rag_Api>("rag-api", run.LaunchProfile)
    .WithHttpEndpoint()
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health/ready")
    .WithReference(db)
    .WithReference(cache)
    .WithEnvironment("Rag__Auth__BootstrapKey", bootstrapKey)
    .WaitFor(db)
    .WaitFor(cache);

var ingest = builder.AddProject<Projects.Rag_Ingest>("rag-ingest", run.LaunchProfile)
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health/ready")
    .WithReference(db)
    .WithReference(cache)
    .WaitFor(db)
    .WaitFor(cache);

var web = builder.AddProject<Projects.Rag_Web>("rag-web", run.LaunchProfile)
    .WithHttpEndpoint()
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health/ready")
    .WithReference(api)
    .WaitFor(api);

if (builder.ExecutionContext.IsPublishMode)
{
    // On a laptop the index lies inside of the API, and originals in a folder. Replicas in a cluster share a vector database, and no folder.
    var vectors = builder.AddQdrant("vectors").WithDataVolume();
    foreach (var service in (IResourceBuilder<ProjectResource>[])[api, ingest])
    {
        service.WithReference(vectors).WaitFor(vectors)
            .WithEnvironment("Rag__Index__Provider", "qdrant")
            .WithEnvironment("Rag__Blobs__Provider", "postgres");
    }
}
else
{
    api.WithEnvironment("Rag__Blobs__Path", run.BlobsPath);
    ingest.WithEnvironment("Rag__Blobs__Path", run.BlobsPath);
    OneTimeSignIn.Add(api, web);
    CliHandover.Add(api, web, db, run);
}

builder.Build().Run();
