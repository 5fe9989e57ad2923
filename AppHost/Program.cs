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
    .WithEnvironment("Rag__Blobs__Path", run.BlobsPath)
    .WithEnvironment("Rag__Auth__BootstrapKey", bootstrapKey)
    .WaitFor(db)
    .WaitFor(cache);

var ingest = builder.AddProject<Projects.Rag_Ingest>("rag-ingest", run.LaunchProfile)
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health/ready")
    .WithReference(db)
    .WithReference(cache)
    .WithEnvironment("Rag__Blobs__Path", run.BlobsPath)
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
    // A laptop searches with the index inside of the API; a cluster has a vector database beside it.
    var vectors = builder.AddQdrant("vectors").WithDataVolume();
    api.WithReference(vectors).WaitFor(vectors);
    ingest.WithReference(vectors).WaitFor(vectors);
}
else
{
    OneTimeSignIn.Add(api, web);
    CliHandover.Add(api, web, db, run);
}

builder.Build().Run();
