using System.Globalization;
using Rag.Core.Documents;
using Rag.Core.Extraction;
using Rag.Ingest.Tests.Extraction;
using Rag.Testing;
using Rag.Testing.Samples;

namespace Rag.Ingest.Tests;

/// <summary>A text-heavy PDF of 1,600 pages, through the real worker, its child and poppler's tool below that.</summary>
[Collection(PostgresCollection.Name)]
public sealed class LargePdfTests(PostgresFixture postgres)
{
    private const int Pages = 1600;
    private const long Allowed = 1_000_000_000;

    [Fact]
    public async Task It_becomes_ready_with_less_than_a_gigabyte_in_all_processes_together()
    {
        var (document, seen) = await IngestAsync(new Dictionary<string, string>());
        Assert.True(document.Status == DocumentStatus.Ready, document.Problem?.Message);
        Assert.Equal(Pages, document.Pages);
        Assert.Contains("pdftotext", seen.Programs);
        Assert.InRange(seen.MostBytes, 1, Allowed);
    }

    [Fact]
    public async Task Where_fewer_pages_are_allowed_it_is_parked_with_that_reason()
    {
        var (document, _) = await IngestAsync(new Dictionary<string, string> { ["Rag__Extraction__MaxPages"] = "1500" });
        Assert.Equal(DocumentStatus.Failed, document.Status);
        Assert.Equal(ExtractionProblems.TooManyPages, document.Problem?.Code);
        Assert.Contains("1600 pages, allowed are 1500", document.Problem?.Message, StringComparison.Ordinal);
        Assert.Contains("Rag:Extraction:MaxPages", document.Problem?.Message, StringComparison.Ordinal);
    }

    private async Task<(Document Document, Seen Seen)> IngestAsync(Dictionary<string, string> settings)
    {
        await using var engine = await TestEngine.StartAsync(postgres);
        var collection = await engine.CreateCollectionAsync();
        var submitted = await engine.Documents.SubmitAsync(
            new Submission { Collection = collection.Id, Name = "a.pdf", MediaType = "application/pdf", Content = new MemoryStream(File()) }, CancellationToken.None);
        settings["ConnectionStrings__ragdb"] = engine.ConnectionString;
        settings["Rag__Blobs__Path"] = engine.BlobPath;
        settings["Rag__Shutdown__Delay"] = "00:00:00";
        await using var worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", settings);
        var seen = new Seen();
        var document = await Eventually.BecomesAsync(
            () =>
            {
                seen.Look(worker.Id);
                return engine.Documents.GetAsync(collection.Id, submitted.Document.Id, CancellationToken.None);
            },
            static current => current.Status is DocumentStatus.Ready or DocumentStatus.Failed,
            TimeSpan.FromSeconds(120),
            () => worker.Output);
        return (document, seen);
    }

    private static byte[] File() => SamplePdf.Create(
    [
        .. Enumerable.Range(1, Pages).Select(static page => $"# Chapter {page}\n\n" + string.Join('\n', Enumerable.Range(1, 40).Select(line =>
            string.Create(CultureInfo.InvariantCulture, $"Pump {page * line} moves {line} litres from tank {page} to the next; checked yearly.")))),
    ]);

    /// <summary>The processes below one, itself included: their memory together, and what they are called.</summary>
    private sealed class Seen
    {
        public long MostBytes { get; private set; }

        public HashSet<string> Programs { get; } = [];

        public void Look(int root)
        {
            var bytes = 0L;
            var open = new Stack<string>([root.ToString(CultureInfo.InvariantCulture)]);
            while (open.TryPop(out var id))
            {
                // "36864 5120 2560 ..." in pages: total size, resident, shared
                if (Extractors.ReadOrEmpty($"/proc/{id}/statm").Split(' ') is [_, var resident, ..])
                {
                    bytes += long.Parse(resident, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
                    Programs.Add(Extractors.ReadOrEmpty($"/proc/{id}/comm").Trim());
                }

                foreach (var thread in Directory.Exists($"/proc/{id}/task") ? Directory.GetDirectories($"/proc/{id}/task") : [])
                {
                    foreach (var child in Extractors.ReadOrEmpty(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    {
                        open.Push(child);
                    }
                }
            }

            MostBytes = Math.Max(MostBytes, bytes);
        }
    }
}
