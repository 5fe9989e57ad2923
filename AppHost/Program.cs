using AppHost;

var builder = DistributedApplication.CreateBuilder(RunSettings.Options(args));
var run = RunSettings.From(builder);
var index = IndexChoice.From(builder, run);

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

// Last, because the manifest lists what was added first first.
var vectors = index.RunsServer ? builder.AddQdrant("vectors") : null;
if (run.KeepsData)
{
    vectors?.WithDataVolume();
}

foreach (var service in (IResourceBuilder<ProjectResource>[])[api, ingest])
{
    if (vectors is not null)
    {
        service.WithReference(vectors).WaitFor(vectors);
    }

    service.WithEnvironment("Rag__Index__Provider", index.Provider);
    if (run.BlobsPath is { } originals)
    {
        service.WithEnvironment("Rag__Blobs__Path", originals);
    }
    else
    {
        // Replicas in a cluster share no folder.
        service.WithEnvironment("Rag__Blobs__Provider", "postgres");
    }
}

if (builder.ExecutionContext.IsRunMode)
{
    index.RecordWhenReady(api, run);
    OneTimeSignIn.Add(api, web);
    CliHandover.Add(api, web, db, run);
}

builder.Build().Run();
