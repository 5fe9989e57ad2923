using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using RagPlatform.ServiceDefaults.Configuration;

namespace ServiceDefaults.Tests;

public sealed class ConfigurationCheckTests
{
    [Theory]
    [InlineData("Rag:Speling", "x", "Rag:Speling is unknown. Below 'Rag' there are: Storage, ")]
    [InlineData("Rag:Jobs:Concurency", "4", "Rag:Jobs:Concurency is unknown. 'Rag:Jobs' knows: ApiKey, Concurrency, Endpoint, Labels, Lease, Mode, Nested, Provider.")]
    [InlineData("Rag:Jobs:Concurrency", "four", "Rag:Jobs:Concurrency = 'four' is not valid; allowed: a whole number.")]
    [InlineData("Rag:Jobs:Concurrency", "65", "Rag:Jobs:Concurrency = '65' is not valid; allowed: 1 to 64.")]
    [InlineData("Rag:Jobs:Lease", "60s", "Rag:Jobs:Lease = '60s' is not valid; allowed: a duration such as 00:00:30 (hours:minutes:seconds).")]
    [InlineData("Rag:Jobs:Lease", "2.00:00:00", "Rag:Jobs:Lease = '2.00:00:00' is not valid; allowed: 00:00:01 to 1.00:00:00.")]
    [InlineData("Rag:Jobs:Mode", "quick", "Rag:Jobs:Mode = 'quick' is not valid; allowed: slow, fast.")]
    [InlineData("Rag:Jobs:Mode", "7", "Rag:Jobs:Mode = '7' is not valid; allowed: slow, fast.")]
    [InlineData("Rag:Jobs:Provider", "clay", "Rag:Jobs:Provider = 'clay' is not valid; allowed: files, postgres.")]
    [InlineData("Rag:Jobs:Nested:Deep", "maybe", "Rag:Jobs:Nested:Deep = 'maybe' is not valid; allowed: true, false.")]
    [InlineData("Rag:Jobs:Nested:Depth", "1", "Rag:Jobs:Nested:Depth is unknown. 'Rag:Jobs:Nested' knows: Deep.")]
    [InlineData("Rag:Jobs:Nested", "yes", "Rag:Jobs:Nested = 'yes' is a single value; it must have keys below it.")]
    [InlineData("Rag:Jobs:Lease:Seconds", "5", "Rag:Jobs:Lease has keys below it, but it takes a single value: ")]
    public void A_wrong_key_or_value_is_told_with_what_is_allowed(string key, string value, string expected)
    {
        var problem = Assert.Single(Check((key, value)));

        Assert.StartsWith(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Rag:Jobs:Concurrency", "64")]
    [InlineData("rag:jobs:concurrency", "1")]
    [InlineData("Rag:Jobs:Lease", "00:01:00")]
    [InlineData("Rag:Jobs:Mode", "FAST")]
    [InlineData("Rag:Jobs:Endpoint", "http://localhost:1234/v1")]
    [InlineData("Rag:Jobs:Labels:0", "a")]
    [InlineData("Rag:Jobs:Nested:Deep", "True")]
    [InlineData("Rag:Jobs:Concurrency", "")]
    [InlineData("Rag:Web:Anything", "belongs to another service")]
    [InlineData("Other:Thing", "not ours")]
    public void What_fits_passes(string key, string value) => Assert.Empty(Check((key, value)));

    [Fact]
    public void All_problems_come_at_once()
    {
        Assert.Equal(3, Check(("Rag:Jobs:Lease", "x"), ("Rag:Jobs:Nope", "x"), ("Rag:Nope:A", "x")).Count);
    }

    [Fact]
    public void A_secret_is_never_shown()
    {
        var problem = Assert.Single(Check(("Rag:Jobs:ApiKey", "s3cret")));

        Assert.StartsWith("Rag:Jobs:ApiKey = (not shown) is not valid", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_is_known_when_any_room_reads_it()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Rag:Jobs:Deep", "true"), new("Rag:Jobs:Lease", "00:00:05")]).Build();

        Assert.Empty(ConfigurationCheck.Problems(configuration, [new("Jobs", typeof(Sample)), new("Jobs", typeof(Inner))]));
    }

    private static IReadOnlyList<string> Check(params (string Key, string Value)[] settings) => ConfigurationCheck.Problems(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build(),
        [new ConfigurationSectionType("Jobs", typeof(Sample))]);

    public enum Speed
    {
        Slow,
        Fast,
    }

    public sealed class Sample
    {
        [Range(1, 64)]
        public int Concurrency { get; set; }

        [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
        public TimeSpan? Lease { get; set; }

        public Speed Mode { get; set; }

        [AllowedValues("files", "postgres")]
        public string? Provider { get; set; }

        public Uri? Endpoint { get; set; }

        public IReadOnlyList<string> Labels { get; set; } = [];

        public Inner Nested { get; set; } = new();

        [MinLength(24)]
        public string? ApiKey { get; set; }

        public bool IsReadOnlyAndNoKey => true;
    }

    public sealed class Inner
    {
        public bool Deep { get; set; }
    }
}
