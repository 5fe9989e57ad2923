using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Ingest.Tests.Extraction;

public sealed class ExtractionRegistrationTests
{
    [Fact]
    public async Task Documents_are_read_in_child_processes_with_the_configured_limits()
    {
        await using var provider = Provider(("Rag:Extraction:MemoryMiB", "123"), ("Rag:Extraction:Timeout", "00:00:07"));
        Assert.IsType<ProcessDocumentExtractor>(Assert.Single(provider.GetServices<IDocumentExtractor>()));
        var options = provider.GetRequiredService<IOptions<ExtractionOptions>>().Value;
        Assert.Equal((123, TimeSpan.FromSeconds(7)), (options.MemoryMiB, options.Timeout));
    }

    [Theory]
    [InlineData("MemoryMiB", "5")]
    [InlineData("Timeout", "00:00:00")]
    [InlineData("MaxUnpackRatio", "1")]
    public async Task Limits_out_of_range_are_named(string key, string value)
    {
        await using var provider = Provider(($"Rag:Extraction:{key}", value));
        var problem = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<ExtractionOptions>>().Value);
        Assert.Contains(key, problem.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Provider(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(static s => s.Key, static s => (string?)s.Value)).Build();
        return new ServiceCollection().AddLogging().AddRagExtraction(configuration).AddRagExtraction(configuration).BuildServiceProvider();
    }
}
