using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rag.Core.Blobs;
using Rag.Core.Blobs.S3;

namespace Rag.Core.Tests.Blobs;

public sealed class BlobOptionsTests
{
    [Theory]
    [InlineData("files", typeof(FileBlobStore))]
    [InlineData("Postgres", typeof(PostgresBlobStore))]
    [InlineData("s3", typeof(S3BlobStore))]
    public void The_provider_decides(string provider, Type expected)
    {
        var services = Services(("Provider", provider), ("S3:Bucket", "originals"));

        Assert.Equal(expected, services.Single(static service => service.ServiceType == typeof(IBlobStore)).ImplementationType);
    }

    [Theory]
    [InlineData("Rag:Blobs:S3:Bucket is missing", "S3:Bucket", "")]
    [InlineData("Rag:Blobs:S3:Endpoint = 'ftp://store' is not valid; it is a URL such as https://minio.example.com:9000.", "S3:Endpoint", "ftp://store")]
    [InlineData("Rag:Blobs:S3:Endpoint = 'store' is not valid;", "S3:Endpoint", "store")]
    [InlineData("Rag:Blobs:S3:Bucket may hold a-z, 0-9, - and ., 3 to 63 characters.", "S3:Bucket", "Originals_1")]
    [InlineData("Rag:Blobs:S3:Prefix may hold", "S3:Prefix", "/rag/")]
    [InlineData("Rag:Blobs:S3:Prefix may hold", "S3:Prefix", "rag/../other")]
    [InlineData("Rag:Blobs:S3:Endpoint holds credentials;", "S3:Endpoint", "key:secret@store:9000")]
    [InlineData("Rag:Blobs:S3:Endpoint holds credentials;", "S3:Endpoint", "https://key:secret@store")]
    [InlineData("there is only one; both are needed", "S3:AccessKeyId", "key")]
    [InlineData("there is only one; both are needed", "S3:SecretAccessKeyFile", "/run/secrets/key")]
    [InlineData("Rag:Blobs:MaxFileMiB = '5121' is not valid with Rag:Blobs:Provider 's3'; allowed: 1 to 5120.", "MaxFileMiB", "5121")]
    public void What_a_bucket_cannot_be_reached_with_stops_the_start(string expected, string key, string value)
    {
        using var provider = Services(("Provider", "s3"), ("S3:Bucket", "originals"), (key, value)).BuildServiceProvider();

        var problem = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<BlobOptions>>().Value);

        Assert.Contains(expected, Assert.Single(problem.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("secret@", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bucket_needs_no_more_than_its_name_and_nothing_where_originals_are_elsewhere()
    {
        using var bucket = Services(("Provider", "s3"), ("S3:Bucket", "originals")).BuildServiceProvider();
        using var files = Services(("MaxFileMiB", "5121")).BuildServiceProvider();

        Assert.Equal(("us-east-1", "", true, null), bucket.GetRequiredService<IOptions<BlobOptions>>().Value.S3 is var s3 ? (s3.Region, s3.Prefix, s3.PathStyle, s3.Endpoint) : default);
        Assert.Equal(5121, files.GetRequiredService<IOptions<BlobOptions>>().Value.MaxFileMiB);
    }

    private static ServiceCollection Services(params (string Key, string Value)[] settings)
    {
        // What is given last holds.
        var all = new Dictionary<string, string?>();
        foreach (var (key, value) in settings)
        {
            all[$"Rag:Blobs:{key}"] = value;
        }

        var services = new ServiceCollection();
        services.AddRagBlobs(new ConfigurationBuilder().AddInMemoryCollection(all).Build());
        return services;
    }
}
