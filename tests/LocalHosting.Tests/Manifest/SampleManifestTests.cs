using LocalHosting.Tests.Model;

namespace LocalHosting.Tests.Manifest;

public sealed class SampleManifestTests
{
    private sealed class Api : IProjectMetadata
    {
        public string ProjectPath => "/nowhere/Rag.Api/Rag.Api.csproj";

        public LaunchSettings? LaunchSettings => new();
    }

    private sealed class Web : IProjectMetadata
    {
        public string ProjectPath => "/nowhere/Rag.Web/Rag.Web.csproj";

        public LaunchSettings? LaunchSettings => new();
    }

    [Fact]
    public async Task The_sample_model_gives_byte_for_byte_what_Aspire_wrote()
    {
        var builder = TestAppHost.Publish();
        var db = builder.AddPostgres("postgres").WithDataVolume().AddDatabase("ragdb");
        var cache = builder.AddRedis("cache");
        var vectors = builder.AddQdrant("vectors");
        var api = builder.AddProject<Api>("rag-api")
            .WithReference(db).WithReference(cache).WithReference(vectors).WaitFor(db)
            .WithHttpEndpoint().WithHttpHealthCheck("/health/ready").WithExternalHttpEndpoints();
        builder.AddProject<Web>("rag-web").WithHttpEndpoint().WithReference(api).WithExternalHttpEndpoints();

        Assert.Equal(Snapshot.Read("aspire-manifest.sample.json"), await TestAppHost.ManifestAsync(builder));
    }
}
