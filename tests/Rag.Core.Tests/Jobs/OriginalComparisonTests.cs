using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Amazon.S3.Model;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Jobs;

/// <summary>Originals that are lost behind everybody's back: found, told, and put back by whoever sends them again; on every store.</summary>
public abstract class OriginalComparisonTests(PostgresFixture postgres) : IAsyncLifetime, IDisposable
{
    private readonly ConcurrentQueue<(Instrument Instrument, string Kind, long Value)> _measured = new();
    private readonly MeterListener _listener = new();

    private protected TestEngine Engine { get; private set; } = null!;

    private protected Collection Collection { get; private set; } = null!;

    /// <summary>What tells the engine where originals are.</summary>
    private protected abstract IReadOnlyDictionary<string, string?> Settings { get; }

    public virtual async Task InitializeAsync()
    {
        Engine = await TestEngine.StartAsync(postgres, Settings);
        Collection = await Engine.CreateCollectionAsync();
        var own = Engine.Get<DriftTelemetry>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == own.Meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => _measured.Enqueue((instrument, (string)tags[0].Value!, value)));
        _listener.Start();
    }

    public async Task DisposeAsync() => await Engine.DisposeAsync();

    public void Dispose()
    {
        _listener.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_is_as_it_was_sent_is_left_alone()
    {
        await Engine.SubmitAsync(Collection, "one");
        await Engine.SubmitAsync(Collection, "two");

        Assert.Equal((0, 0, 0), await SweepAsync());

        Assert.Empty(_measured);
    }

    [Fact]
    public async Task A_missing_original_is_counted_once_told_by_its_document_and_put_back_by_sending_it_again()
    {
        await Engine.SubmitAsync(Collection, "kept");
        var document = (await Engine.SubmitAsync(Collection, "lost", sourceId: "l")).Document;
        var twin = (await Engine.SubmitAsync(Collection, "lost", sourceId: "twin")).Document;
        await Engine.ExecuteAsync("update documents set status = 'ready', active_generation = 1");
        await WholeGenerationsAsync();
        await LoseAsync("lost");

        Assert.Equal((0, 1, 0), await SweepAsync());
        Assert.Equal((0, 0, 0), await SweepAsync());

        Assert.Equal([("rag.blobs.drift", "missing", 1)], Measured());
        Assert.Equal((DocumentStatus.Ready, OriginalState.Missing), await StateAsync(document));
        await RefusedAsync("no-original", document);

        // As it is not to be processed again, the sender hears 'unchanged'; the content goes where it belongs all the same.
        Assert.Equal(SubmissionOutcome.Unchanged, (await Engine.SubmitAsync(Collection, "lost", sourceId: "l")).Outcome);
        Assert.Equal((DocumentStatus.Ready, OriginalState.Present), await StateAsync(twin));
        Assert.Equal("lost", await ContentAsync(twin));
        Assert.Equal((0, 0, 0), await SweepAsync());
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("changed")]
    public async Task A_damaged_original_is_counted_once_not_handed_out_and_put_right_by_sending_it_again(string how)
    {
        var document = (await Engine.SubmitAsync(Collection, "precious content", sourceId: "p")).Document;
        await Engine.ExecuteAsync("update documents set status = 'ready', active_generation = 1");
        await WholeGenerationsAsync();
        await DamageAsync("precious content", how == "cut" ? "precious" : "precious contemt");

        Assert.Equal((0, 1, 0), await SweepAsync());
        Assert.Equal((0, 0, 0), await SweepAsync());

        Assert.Equal([("rag.blobs.drift", "damaged", 1)], Measured());
        Assert.Equal((DocumentStatus.Ready, OriginalState.Damaged), await StateAsync(document));
        await RefusedAsync("original-damaged", document);
        Assert.Equal(SubmissionOutcome.Unchanged, (await Engine.SubmitAsync(Collection, "precious content", sourceId: "p")).Outcome);
        Assert.Equal((DocumentStatus.Ready, OriginalState.Present), await StateAsync(document));
        Assert.Equal("precious content", await ContentAsync(document));
        Assert.Equal((0, 0, 0), await SweepAsync());
    }

    [Fact]
    public async Task Content_that_was_cut_is_put_right_by_sending_it_again_also_before_anybody_noticed()
    {
        var document = (await Engine.SubmitAsync(Collection, "precious content")).Document;
        await DamageAsync("precious content", "precious");

        await Engine.SubmitAsync(Collection, "precious content");

        Assert.Equal("precious content", await ContentAsync(document));
    }

    [Fact]
    public async Task What_comes_back_by_other_hands_is_noticed()
    {
        await Engine.SubmitAsync(Collection, "kept");
        var lost = (await Engine.SubmitAsync(Collection, "lost")).Document;
        var damaged = (await Engine.SubmitAsync(Collection, "damaged")).Document;
        await LoseAsync("lost");
        await DamageAsync("damaged", "damagad");
        Assert.Equal((0, 2, 0), await SweepAsync());

        await PutAsync("lost");
        await DamageAsync("damaged", "damaged");

        Assert.Equal((0, 2, 0), await SweepAsync());
        Assert.Equal(OriginalState.Present, (await StateAsync(lost)).Original);
        Assert.Equal(OriginalState.Present, (await StateAsync(damaged)).Original);
        Assert.Equal(2, Measured().Count);
    }

    [Fact]
    public async Task A_store_that_holds_nothing_at_all_is_away_and_nothing_is_said_of_any_original()
    {
        var document = (await Engine.SubmitAsync(Collection, "one")).Document;
        await Engine.SubmitAsync(Collection, "two");
        await LoseAsync("one");
        await LoseAsync("two");

        Assert.Equal((0, 0, 1), await SweepAsync());

        Assert.Equal(OriginalState.Present, (await StateAsync(document)).Original);
        Assert.Empty(_measured);
    }

    [Fact]
    public async Task Each_original_has_its_turn_and_the_place_is_kept_between_processes()
    {
        // More than are hashed at once.
        for (var i = 0; i < 120; i++)
        {
            await Engine.SubmitAsync(Collection, $"text {i}");
        }

        var last = await Engine.ScalarAsync<byte[]>("select sha256 from blobs order by sha256 desc limit 1");
        var text = Enumerable.Range(0, 120).Select(i => $"text {i}").First(text => SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan().SequenceEqual(last));
        await DamageAsync(text, text.Replace("text", "tixt", StringComparison.Ordinal));

        Assert.Equal((0, 0, 0), await SweepAsync());
        await using var other = await TestEngine.StartAsync(postgres, Settings, shareWith: Engine);
        var result = (await other.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, default))!;

        Assert.Equal((1, 0), (result.Faults, result.Failures));
        Assert.Equal((0, 0, 0), await SweepAsync());
    }

    [Fact]
    public async Task A_submission_in_this_moment_is_not_taken_for_a_loss()
    {
        await Engine.SubmitAsync(Collection, "kept");
        await Engine.SubmitAsync(Collection, "moving");
        await LoseAsync("moving");
        await using var connection = await Engine.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.Sql("select from blobs where sha256 = $1 for no key update", Hash("moving")).RunAsync(default);

        Assert.Equal((0, 0, 0), await SweepAsync());

        await transaction.RollbackAsync();
        Assert.Equal((0, 1, 0), await SweepAsync());
    }

    [Fact]
    public async Task Uploading_losing_and_comparing_at_once_never_blames_an_original_that_is_there()
    {
        await Engine.SubmitAsync(Collection, "kept");
        using var end = new CancellationTokenSource();
        var sweeping = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var result = (await Engine.Get<Sweeper>().SweepAsync(new SweepAges { Originals = TimeSpan.FromSeconds(-60) }, includeFiles: true, default))!;
                Assert.Equal((0, 0), (result.Faults, result.Failures));
            }
        });
        for (var i = 0; i < 40; i++)
        {
            var document = (await Engine.SubmitAsync(Collection, "again and again")).Document;
            Assert.Equal("again and again", await ContentAsync(document));
            await Engine.Documents.DeleteAsync(Collection.Id, document.Id, default);
        }

        await end.CancelAsync();
        await sweeping;
        Assert.DoesNotContain(_measured, static m => m.Kind is "missing" or "damaged");
    }

    [Fact]
    public async Task What_another_installation_keeps_in_the_same_store_is_left_alone()
    {
        await Engine.SubmitAsync(Collection, "theirs");
        await Engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: true, default);
        await using var other = await TestEngine.StartAsync(postgres, new Dictionary<string, string?>(Settings) { ["Rag:Blobs:Path"] = Engine.BlobPath });

        var result = (await other.Get<Sweeper>().SweepAsync(new SweepAges { Originals = TimeSpan.FromSeconds(-60) }, includeFiles: true, default))!;

        Assert.Equal((0, IsShareable ? 2 : 0), (result.Files, result.Failures));
        Assert.Equal((0, 0, 0), await SweepAsync());
    }

    [Fact]
    public async Task An_original_without_a_row_is_removed_and_counted()
    {
        await Engine.SubmitAsync(Collection, "kept");
        await PutAsync("unknown");

        await Engine.Get<Sweeper>().SweepAsync(new SweepAges { Originals = TimeSpan.FromSeconds(-60) }, includeFiles: true, default);

        Assert.Equal([("rag.blobs.drift", "unknown", 1)], Measured());
    }

    private protected static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private protected virtual bool IsShareable => true;

    private protected abstract Task LoseAsync(string text);

    /// <summary>Makes the store hold something else under the name of that content.</summary>
    private protected abstract Task DamageAsync(string text, string instead);

    private async Task PutAsync(string text)
    {
        await using var staged = await Engine.Get<IBlobStore>().StageAsync(Collection.Id, new MemoryStream(Encoding.UTF8.GetBytes(text)), default);
        await using var connection = await Engine.Source.OpenConnectionAsync();
        await staged.CommitAsync(connection, isDamaged: false, default);
    }

    // As if a worker had been there.
    private Task WholeGenerationsAsync() => Engine.ExecuteAsync(
        """
        insert into generations (document_id, generation, collection_id, sha256, text, media_type, extractor, chunker, analyzer, tokens)
        select id, 1, collection_id, sha256, '', '', '', '', '', '' from documents
        """);

    private async Task<(int Requeued, int Faults, int Failures)> SweepAsync()
    {
        var result = (await Engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, default))!;
        return (result.Requeued, result.Faults, result.Failures);
    }

    private async Task<(DocumentStatus Status, OriginalState Original)> StateAsync(Document document)
    {
        var now = await Engine.Documents.GetAsync(Collection.Id, document.Id, default);
        return (now.Status, now.Original);
    }

    private async Task RefusedAsync(string code, Document document)
    {
        foreach (var call in (Func<Task>[])[
            () => Engine.Documents.OpenOriginalAsync(Collection.Id, document.Id, default),
            () => Engine.Documents.ReprocessAsync(Collection.Id, document.Id, default)])
        {
            var problem = await Assert.ThrowsAsync<RagException>(call);
            Assert.Equal((code, false), (problem.Code, problem.IsTransient));
            Assert.Contains("Send the same file again", problem.Message, StringComparison.Ordinal);
        }
    }

    private async Task<string> ContentAsync(Document document)
    {
        await using var original = await Engine.Documents.OpenOriginalAsync(Collection.Id, document.Id, default);
        using var reader = new StreamReader(original.Content);
        return await reader.ReadToEndAsync();
    }

    private List<(string Name, string Kind, long Value)> Measured() => [.. _measured.Select(static m => (m.Instrument.Name, m.Kind, m.Value))];
}

public sealed class FileOriginalComparisonTests(PostgresFixture postgres) : OriginalComparisonTests(postgres), IClassFixture<PostgresFixture>
{
    private protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?> { ["Rag:Blobs:Provider"] = "files" };

    [Fact]
    public async Task A_folder_that_is_not_mounted_is_away_and_not_thousands_of_losses()
    {
        var document = (await Engine.SubmitAsync(Collection, "one")).Document;
        var aside = Engine.BlobPath + "-aside";
        Directory.Move(Engine.BlobPath, aside);
        try
        {
            await AwayAsync(document);
            // What a share leaves behind where it is not mounted.
            Directory.CreateDirectory(Engine.BlobPath);
            await AwayAsync(document);
            Directory.Delete(Engine.BlobPath);
        }
        finally
        {
            Directory.Move(aside, Engine.BlobPath);
        }

        var result = (await Engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: true, default))!;
        Assert.Equal((0, 0), (result.Faults, result.Failures));
    }

    private protected override Task LoseAsync(string text)
    {
        File.Delete(PathOf(text));
        return Task.CompletedTask;
    }

    private protected override Task DamageAsync(string text, string instead)
    {
        File.Delete(PathOf(text));
        return File.WriteAllTextAsync(PathOf(text), instead);
    }

    private async Task AwayAsync(Document document)
    {
        var result = (await Engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, default))!;
        Assert.Equal((0, 1), (result.Faults, result.Failures));
        Assert.Equal(OriginalState.Present, (await Engine.Documents.GetAsync(Collection.Id, document.Id, default)).Original);
        var problem = await Assert.ThrowsAsync<RagException>(() => Engine.Documents.OpenOriginalAsync(Collection.Id, document.Id, default));
        Assert.Equal(("blobs-away", true), (problem.Code, problem.IsTransient));
    }

    private string PathOf(string text)
    {
        var name = Convert.ToHexStringLower(Hash(text));
        return Path.Combine(Engine.BlobPath, Collection.Id.ToString(), name[..2], name);
    }
}

public sealed class PostgresOriginalComparisonTests(PostgresFixture postgres) : OriginalComparisonTests(postgres), IClassFixture<PostgresFixture>
{
    private protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?> { ["Rag:Blobs:Provider"] = "postgres" };

    private protected override bool IsShareable => false;

    private protected override Task LoseAsync(string text) => Engine.ExecuteAsync("delete from blob_contents where sha256 = $1", Hash(text));

    private protected override Task DamageAsync(string text, string instead) => Engine.ExecuteAsync(
        "update blob_parts set data = $2 where upload_id = (select upload_id from blob_contents where sha256 = $1)", Hash(text), Encoding.UTF8.GetBytes(instead));
}

public sealed class S3OriginalComparisonTests(PostgresFixture postgres, S3Fixture store)
    : OriginalComparisonTests(postgres), IClassFixture<PostgresFixture>, IClassFixture<S3Fixture>
{
    private string _bucket = null!;

    private protected override IReadOnlyDictionary<string, string?> Settings => store.Server.Settings(_bucket);

    public override async Task InitializeAsync()
    {
        _bucket = await store.Server.CreateBucketAsync();
        await base.InitializeAsync();
    }

    private protected override async Task LoseAsync(string text)
    {
        using var client = store.Server.Client();
        await client.DeleteObjectAsync(_bucket, KeyOf(text));
    }

    private protected override async Task DamageAsync(string text, string instead)
    {
        using var client = store.Server.Client();
        await client.PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = KeyOf(text), ContentBody = instead, UseChunkEncoding = false });
    }

    private string KeyOf(string text)
    {
        var name = Convert.ToHexStringLower(Hash(text));
        return $"{Collection.Id}/{name[..2]}/{name}";
    }
}
