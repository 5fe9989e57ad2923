using System.Net;
using Rag.Client;

namespace Rag.Cli.Documents;

/// <summary>Sends one file, repeating what the API asks to repeat.</summary>
internal static class Upload
{
    // With the waits between them half a minute: an API that is started again is back by then.
    private const int MaxAttempts = 6;

    /// <summary>
    /// Sends the file. A refusal of this file is a result; a refusal of the whole enterprise (key, collection, API away for good) throws.
    /// </summary>
    public static async Task<SentDocument> SendAsync(
        RagClient client, string collection, FileToSend file, TimeProvider time, CancellationToken cancellationToken)
    {
        var shown = file.SourceId ?? file.Name;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var content = File.OpenRead(file.Path);
                var submission = await client.UploadAsync(
                    collection, [new UploadFile(file.Name, content)], new UploadOptions(SourceId: file.SourceId), cancellationToken: cancellationToken);
                return Outcome(shown, submission.Items[0]);
            }
            catch (RagApiException exception) when (IsPassing(exception) && attempt < MaxAttempts)
            {
                await Task.Delay(exception.RetryAfter ?? TimeSpan.FromSeconds(1 << (attempt - 1)), time, cancellationToken);
            }
            catch (HttpIOException) when (attempt < MaxAttempts)
            {
                // The answer broke off. What was accepted is found to be unchanged at the next attempt.
                await Task.Delay(TimeSpan.FromSeconds(1 << (attempt - 1)), time, cancellationToken);
            }
            catch (RagApiException exception) when (IsAboutTheFile(exception))
            {
                return new SentDocument(shown, null, SentState.Failed, $"{exception.Code}: {exception.Message}");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return new SentDocument(shown, null, SentState.Failed, $"unreadable: {exception.Message}");
            }
        }
    }

    private static SentDocument Outcome(string shown, SubmittedItem item) => item.Status switch
    {
        SubmissionStatus.Queued => new SentDocument(shown, item.Id, SentState.Accepted),
        SubmissionStatus.Unchanged => new SentDocument(shown, item.Id, SentState.Unchanged),
        _ => new SentDocument(shown, item.Id, SentState.Failed, item.Problem is { } problem ? $"{problem.Code}: {problem.Message}" : "refused without a reason"),
    };

    private static bool IsPassing(RagApiException exception) =>
        exception.Code == RagApiException.Unreachable || exception.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;

    private static bool IsAboutTheFile(RagApiException exception) =>
        exception.Status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity;
}
