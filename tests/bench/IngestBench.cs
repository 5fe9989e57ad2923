using System.Diagnostics;
using System.Globalization;
using System.Text;
using Rag.Client;

namespace Rag.Bench;

/// <summary>From the first POST to the last document searchable.</summary>
internal static class IngestBench
{
    /// <summary>Size of the texts that collections for searching are made of.</summary>
    public const int ReportBytes = 190_000;

    /// <summary>About how many chunks one of them becomes with the default settings.</summary>
    public const int ChunksOfReport = 170;

    private const int Senders = 4;

    /// <summary>Uploads <paramref name="count"/> texts of about <paramref name="bytes"/> bytes each and waits until all are ready.</summary>
    /// <returns>MB (10^6 bytes) per second and documents per second.</returns>
    public static async Task<(double MegabytesPerSecond, double DocumentsPerSecond, long Chunks)> RunAsync(
        RagClient client, NaturalText text, string collection, int count, int bytes, int perRequest)
    {
        await client.CreateCollectionAsync(new CreateCollection(collection));
        var batches = Enumerable.Range(0, count).Chunk(perRequest);
        var sent = 0L;
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(batches, new ParallelOptions { MaxDegreeOfParallelism = Senders }, async (batch, cancellationToken) =>
        {
            var files = new List<UploadFile>(batch.Length);
            foreach (var seed in batch)
            {
                var content = Encoding.UTF8.GetBytes(text.Make(seed, bytes));
                Interlocked.Add(ref sent, content.Length);
                files.Add(new UploadFile($"report-{seed.ToString(CultureInfo.InvariantCulture)}.txt", new MemoryStream(content), "text/plain"));
            }

            var submission = await client.UploadAsync(collection, files, cancellationToken: cancellationToken);
            if (submission.Items.Any(item => item.Status != SubmissionStatus.Queued))
            {
                throw new InvalidOperationException("A document was not accepted; the measurement would be of something else.");
            }
        });
        var state = await WaitUntilReadyAsync(client, collection, count, TimeSpan.FromMinutes(20));
        var seconds = watch.Elapsed.TotalSeconds;
        return (sent / 1e6 / seconds, count / seconds, state.Chunks);
    }

    /// <summary>Waits until every document of the collection is ready; throws when one failed.</summary>
    public static async Task<Collection> WaitUntilReadyAsync(RagClient client, string collection, long documents, TimeSpan timeout)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var state = await client.GetCollectionAsync(collection);
            if (state.Documents.Failed > 0)
            {
                throw new InvalidOperationException($"{state.Documents.Failed} documents of '{collection}' failed; the measurement would be of something else.");
            }

            if (state.Documents.Ready >= documents)
            {
                return state;
            }

            if (waited.Elapsed > timeout)
            {
                throw new TimeoutException($"Only {state.Documents.Ready} of {documents} documents are ready after {timeout}.");
            }

            await Task.Delay(100);
        }
    }
}
