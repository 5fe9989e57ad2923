using System.Diagnostics;
using System.Globalization;
using System.Text;
using Rag.Client;

namespace Rag.Bench;

/// <summary>From the first POST to the last document searchable.</summary>
internal static class IngestBench
{
    private const int Senders = 4;

    /// <summary>Uploads <paramref name="count"/> texts of about <paramref name="bytes"/> bytes each and waits until all are ready.</summary>
    /// <returns>MB (10^6 bytes) per second and documents per second.</returns>
    public static async Task<(double MegabytesPerSecond, double DocumentsPerSecond, long Chunks)> RunAsync(
        BenchStack stack, NaturalText text, string collection, int count, int bytes, int perRequest)
    {
        await stack.Client.CreateCollectionAsync(new CreateCollection(collection));
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

            var submission = await stack.Client.UploadAsync(collection, files, cancellationToken: cancellationToken);
            if (submission.Items.Any(item => item.Status != SubmissionStatus.Queued))
            {
                throw new InvalidOperationException("A document was not accepted; the measurement would be of something else.");
            }
        });
        var state = await stack.WaitUntilReadyAsync(collection, count, TimeSpan.FromMinutes(20));
        var seconds = watch.Elapsed.TotalSeconds;
        return (sent / 1e6 / seconds, count / seconds, state.Chunks);
    }
}
