using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Qdrant;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Qdrant;

/// <summary>How Qdrant is reached: whom the certificate must be from, to whom the key goes, and how long is waited.</summary>
public sealed class QdrantConnectionTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _stranger = new();

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task Over_https_a_certificate_of_the_named_authority_is_accepted()
    {
        var (certificate, file, key) = _authority.Issue("127.0.0.1");
        using var own = certificate;
        await using var server = await QdrantServer.StartStandInAsync(file, key);
        await using var services = Services(server.Url, server.ApiKey, ("CaFile", _authority.CaFile));

        Assert.Equal("https", server.Url.Scheme);
        Assert.Null(await services.CheckIndexAsync(default));
        var qdrant = services.GetRequiredService<QdrantClient>();
        await qdrant.CreateAsync("over-tls", dimensions: 4, default);
        Assert.Equal(["over-tls"], await qdrant.ListAsync(default));
    }

    [Fact]
    public async Task A_certificate_of_nobody_known_or_for_another_name_is_refused_in_words_and_gets_no_key()
    {
        using var certificate = _authority.Issue("127.0.0.1").Certificate;
        using var elsewhere = _authority.Issue("192.0.2.1").Certificate;
        await using var server = await QdrantRelay.StartAsync(Nowhere, certificate);
        await using var misnamed = await QdrantRelay.StartAsync(Nowhere, elsewhere);

        await RefusesAsync(server.Url, ("CaFile", _stranger.CaFile));
        await RefusesAsync(server.Url);
        await RefusesAsync(misnamed.Url, ("CaFile", _authority.CaFile));

        Assert.Empty(server.Requests);
        Assert.Empty(misnamed.Requests);

        static async Task RefusesAsync(Uri url, params (string, string)[] settings)
        {
            await using var services = Services(url, "the-key", settings);
            Assert.Contains("certificate is not trusted, or not for the name in Rag:Index:Qdrant:Url", await services.CheckIndexAsync(default), StringComparison.Ordinal);
            var problem = await Assert.ThrowsAsync<RagException>(() => services.GetRequiredService<QdrantClient>().ListAsync(default));
            Assert.Equal(("index-away", true), (problem.Code, problem.IsTransient));
        }
    }

    [Fact]
    public async Task The_key_does_not_follow_a_redirection()
    {
        await using var other = await QdrantRelay.StartAsync(Nowhere);
        await using var server = await QdrantRelay.StartAsync(Nowhere);
        server.Fate = _ => new RelayFate.Answer(307, Location: $"{other.Url}collections");
        await using var services = Services(server.Url, "the-key");

        Assert.Contains("sends elsewhere (HTTP 307)", await services.CheckIndexAsync(default), StringComparison.Ordinal);

        Assert.Equal("the-key", Assert.Single(server.Requests).Key);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_key_from_a_file_is_read_again_when_it_was_changed()
    {
        await using var server = await QdrantServer.StartStandInAsync();
        using var folder = new TemporaryKey("not the key");
        await using var services = Services(server.Url, key: null, ("ApiKeyFile", folder.Path));

        Assert.Contains("refuses the key (HTTP 401)", await services.CheckIndexAsync(default), StringComparison.Ordinal);
        folder.Write(server.ApiKey + "\n");
        Assert.Null(await services.CheckIndexAsync(default));
        File.Delete(folder.Path);
        Assert.Contains("Rag:Index:ApiKeyFile", await services.CheckIndexAsync(default), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_and_a_change_are_waited_for_each_as_long_as_configured()
    {
        await using var server = await QdrantRelay.StartAsync(Nowhere);
        server.Fate = static _ => RelayFate.Hang;
        await using var services = Services(server.Url, "the-key", ("Qdrant:Timeout", "00:00:00.150"), ("Qdrant:ChangeTimeout", "00:00:00.250"));
        var qdrant = services.GetRequiredService<QdrantClient>();

        var question = await Assert.ThrowsAsync<RagException>(() => qdrant.ListAsync(default));
        Assert.Equal(("index-away", true), (question.Code, question.IsTransient));
        Assert.Contains("0.2 seconds (Rag:Index:Qdrant:Timeout)", question.Message, StringComparison.Ordinal);
        var change = await Assert.ThrowsAsync<RagException>(() => qdrant.DropAsync("some", default));
        Assert.True(change.IsTransient);
        Assert.Contains("(Rag:Index:Qdrant:ChangeTimeout)", change.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_no_time_out()
    {
        await using var server = await QdrantRelay.StartAsync(Nowhere);
        using var caller = new CancellationTokenSource();
        server.Fate = _ =>
        {
            caller.Cancel();
            return RelayFate.Hang;
        };
        await using var services = Services(server.Url, "the-key");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => services.GetRequiredService<QdrantClient>().ListAsync(caller.Token));
    }

    [Theory]
    [InlineData("acknowledged")]
    [InlineData("wait_timeout")]
    public async Task A_change_that_is_not_finished_does_not_count(string status)
    {
        await using var server = await QdrantRelay.StartAsync(Nowhere);
        server.Fate = _ => new RelayFate.Answer(200, $$$"""{"time":0.1,"status":"ok","result":{"operation_id":7,"status":"{{{status}}}"}}""");
        await using var services = Services(server.Url, "the-key");

        var problem = await Assert.ThrowsAsync<RagException>(() => services.GetRequiredService<QdrantClient>().DeleteAsync("some", [], default));
        Assert.Equal(("index-away", true), (problem.Code, problem.IsTransient));
    }

    [Theory]
    [InlineData(null, "cannot be read")]
    [InlineData("no certificate", "holds no certificate in PEM form")]
    public async Task A_file_without_authorities_stops_the_start(string? content, string expected)
    {
        using var file = new TemporaryKey(content);
        await using var services = Services(Nowhere, "the-key", ("CaFile", file.Path));

        var problem = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<QdrantClient>());
        Assert.Contains("Rag:Index:Qdrant:CaFile", problem.Message, StringComparison.Ordinal);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    private static Uri Nowhere { get; } = new("http://127.0.0.1:1");

    /// <summary>As a worker has it; settings are those of <c>Rag:Index:Qdrant</c> or, the key's, of <c>Rag:Index</c>.</summary>
    private static ServiceProvider Services(Uri url, string? key, params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Rag:Index:Provider", "qdrant"), new("Rag:Index:Qdrant:Url", url.ToString()), new("Rag:Index:ApiKey", key),
            .. settings.Select(static s => KeyValuePair.Create($"Rag:Index:{(s.Name == "CaFile" ? "Qdrant:" : "")}{s.Name}", (string?)s.Value)),
        ]).Build();
        return new ServiceCollection().AddRagIndexWriter(configuration).BuildServiceProvider();
    }

    private sealed class TemporaryKey : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-test-file-");

        public TemporaryKey(string? content)
        {
            if (content is not null)
            {
                Write(content);
            }
        }

        public string Path => System.IO.Path.Combine(_folder.FullName, "file");

        public void Write(string content) => File.WriteAllText(Path, content);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
