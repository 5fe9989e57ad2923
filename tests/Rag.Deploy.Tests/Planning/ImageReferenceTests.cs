using Rag.Deploy.Planning;

namespace Rag.Deploy.Tests.Planning;

public sealed class ImageReferenceTests
{
    [Theory]
    [InlineData("redis", "docker.io/library/redis:latest")]
    [InlineData("redis:8.6", "docker.io/library/redis:8.6")]
    [InlineData("qdrant/qdrant:v1.18.0", "docker.io/qdrant/qdrant:v1.18.0")]
    [InlineData("docker.io/redis:8.6", "docker.io/library/redis:8.6")]
    [InlineData("index.docker.io/redis:8.6", "docker.io/library/redis:8.6")]
    [InlineData("index.docker.io/qdrant/qdrant:v1", "docker.io/qdrant/qdrant:v1")]
    [InlineData("localhost/base:1", "localhost/base:1")]
    [InlineData("registry:5000/base", "registry:5000/base:latest")]
    [InlineData("registry.example.com:5000/rag/rag-api:0.1.0@sha256:ab", "registry.example.com:5000/rag/rag-api:0.1.0@sha256:ab")]
    [InlineData("registry.example.com/a@sha256:ab", "registry.example.com/a@sha256:ab")]
    public void References_are_read_as_runtimes_read_them(string text, string whole) => Assert.Equal(whole, ImageReference.Parse(text).ToString());

    [Theory]
    [InlineData("redis:8.6", "docker.io/library/redis:8.6")]
    [InlineData("redis:8.6@sha256:ab", "docker.io/library/redis@sha256:ab")]
    [InlineData("registry:5000/a@sha256:ab", "registry:5000/a@sha256:ab")]
    public void What_fetches_an_image_is_given_a_tag_or_a_digest_and_never_both(string text, string exact) => Assert.Equal(exact, ImageReference.Parse(text).Exact);

    [Theory]
    [InlineData("redis", "redis")]
    [InlineData("redis:8.6@sha256:ab", "redis")]
    [InlineData("registry:5000/rag/api", "registry:5000/rag/api")]
    [InlineData("registry:5000/rag/api:1", "registry:5000/rag/api")]
    public void A_name_without_its_version_stays_as_it_was_written(string text, string name) => Assert.Equal(name, ImageReference.WithoutVersion(text));

    [Theory]
    [InlineData("redis", "docker.io", true)]
    [InlineData("redis", "docker.io/library", true)]
    [InlineData("registry.example.com/rag-api:1", "registry.example.com", true)]
    [InlineData("registry.example.com/rag-api:1", "registry.example.com/rag", false)]
    public void It_comes_from_a_registry_or_a_folder_of_it(string text, string registry, bool isFrom) => Assert.Equal(isFrom, ImageReference.Parse(text).IsFrom(registry));
}
