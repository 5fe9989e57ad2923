using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Api.Limits;
using Rag.Core;
using Rag.Core.Documents;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Documents;

/// <summary>The route that brings documents in: as a form of files or as JSON.</summary>
internal static class SubmitEndpoints
{
    // What is wrong with one file; anything else is about the request or the installation and ends it.
    private static readonly string[] ItemCodes = ["empty-file", "file-too-large", "invalid-request"];

    public static void MapSubmit(this RouteGroupBuilder collections) => collections
        .MapPost("/{name}/documents", SubmitAsync)
        .Requires(Scope.Write)
        .WithMetadata(new BodyLimit(static limits => limits.TextMiB * 1024L * 1024L))
        .WithTags("Documents")
        .WithName("SubmitDocuments")
        .WithSummary("Adds documents: files as multipart/form-data, or one text as JSON")
        .AddOpenApiOperationTransformer(SubmitDescription.DescribeBodyAsync);

    private static async Task<Accepted<SubmissionAnswer>> SubmitAsync(
        string name, HttpContext context, Caller caller, CollectionGate gate, DocumentService documents, IOptions<LimitOptions> limits)
    {
        var collection = await gate.GetAsync(name, caller, context.RequestAborted);
        List<SubmittedItem> items = context.Request switch
        {
            { HasFormContentType: true } request when request.ContentType!.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) =>
                await UploadAsync(context, caller, collection, documents, limits.Value.FilesPerUpload),
            var request when request.HasJsonContentType() =>
                [await SubmitTextAsync(await JsonBody.ReadAsync<TextDocumentRequest>(context), caller, collection, documents, context.RequestAborted)],
            _ => throw new ProblemException("unsupported-media-type", "Send files as multipart/form-data, or one text as application/json."),
        };
        return items.Find(static item => item.Status != SubmittedStatus.Rejected) is null && items[0].Problem is { } problem
            ? throw new ProblemException(problem.Code, problem.Message)
            : TypedResults.Accepted((string?)null, new SubmissionAnswer(items));
    }

    private static async Task<List<SubmittedItem>> UploadAsync(HttpContext context, Caller caller, Collection collection, DocumentService documents, int mostFiles)
    {
        var digest = context.Features.Get<UploadDigest>();
        var fields = new UploadFields();
        var items = new List<SubmittedItem>();
        await foreach (var part in UploadParts.ReadAsync(context, context.RequestAborted))
        {
            switch (part)
            {
                case UploadPart.Field field:
                    digest?.Field(field.Name, field.Value);
                    fields.Set(field.Name, field.Value, filesSeen: items.Count > 0);
                    break;
                case UploadPart.File file when items.Count == mostFiles:
                    throw ProblemException.Field("file", $"at most {mostFiles} files go into one upload; send the rest in another. Those before '{Shown(file.Name)}' were taken.");
                case UploadPart.File file:
                    var content = digest?.File(file.Name, file.MediaType, file.Content) ?? file.Content;
                    items.Add(items.Count > 0 && fields.NamesOneDocument
                        ? Rejected(file.Name, new Problem("invalid-request", "'sourceId' and 'title' go with one file only; send this one by itself."))
                        : await SubmitOneAsync(fields.For(collection.Id, caller.Sender, file.Name, file.MediaType, content), documents, context.RequestAborted));
                    // The file's rest, if it was refused half-way, counts for the digest as well.
                    await content.CopyToAsync(Stream.Null, context.RequestAborted);
                    break;
            }
        }

        return items.Count > 0 ? items : throw ProblemException.Field("file", "is required: send at least one part named 'file' with a filename.");
    }

    private static async Task<SubmittedItem> SubmitTextAsync(
        TextDocumentRequest request, Caller caller, Collection collection, DocumentService documents, CancellationToken cancellationToken)
    {
        if (request.Url is not null)
        {
            throw new ProblemException("url-disabled", "Fetching documents from a URL is not available. Download it and upload the file, or send its text.");
        }

        if (request.Text is not { } text)
        {
            throw ProblemException.Field("text", "is required.");
        }

        var name = request.Name ?? (request.Title is { Length: > 0 } title ? $"{title}.txt" : "text.txt");
        await using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await SubmitOneAsync(
            new Submission
            {
                Collection = collection.Id,
                Sender = caller.Sender,
                Name = name,
                Content = content,
                SourceId = request.SourceId,
                Title = request.Title,
                MediaType = MediaTypeOf(name),
                Metadata = request.Metadata,
            },
            documents,
            cancellationToken);
    }

    private static async Task<SubmittedItem> SubmitOneAsync(Submission submission, DocumentService documents, CancellationToken cancellationToken)
    {
        using var span = ApiTelemetry.Source.StartActivity("submit document");
        try
        {
            var result = await documents.SubmitAsync(submission, cancellationToken);
            span?.SetTag("rag.submission.outcome", result.Outcome.ToString().ToLowerInvariant());
            return new SubmittedItem(
                submission.Name,
                result.Outcome == SubmissionOutcome.Queued ? SubmittedStatus.Queued : SubmittedStatus.Unchanged,
                result.Document.Id.Value,
                null);
        }
        catch (RagException e) when (ItemCodes.Contains(e.Code, StringComparer.Ordinal))
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Code);
            return Rejected(submission.Name, new Problem(e.Code, e.Message));
        }
    }

    private static SubmittedItem Rejected(string name, Problem problem) => new(name, SubmittedStatus.Rejected, null, problem);

    private static string MediaTypeOf(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".md" or ".markdown" => "text/markdown",
        ".html" or ".htm" => "text/html",
        ".csv" => "text/csv",
        _ => "text/plain",
    };

    private static string Shown(string name) => name.Length <= 80 ? name : name[..80] + "…";

    /// <summary>The fields of an upload so far.</summary>
    private sealed class UploadFields
    {
        private string? _sourceId;
        private string? _title;
        private JsonObject? _metadata;

        public bool NamesOneDocument => _sourceId is not null || _title is not null;

        public void Set(string name, string value, bool filesSeen)
        {
            if (filesSeen)
            {
                throw ProblemException.Field(name, "must be placed before the files, since they are taken as they arrive. Those before it were taken.");
            }

            switch (name)
            {
                case "sourceId":
                    _sourceId = value;
                    break;
                case "title":
                    _title = value;
                    break;
                case "metadata":
                    _metadata = MetadataOf(value);
                    break;
                default:
                    throw ProblemException.Field(name.Length <= 100 ? name : name[..100], "is unknown; a form holds file, sourceId, title and metadata.");
            }
        }

        public Submission For(CollectionId collection, SenderId sender, string name, string? mediaType, Stream content) => new()
        {
            Collection = collection,
            Sender = sender,
            Name = name,
            Content = content,
            SourceId = _sourceId,
            Title = _title,
            MediaType = mediaType,
            // A node has one owner, and several files may share the field.
            Metadata = _metadata?.DeepClone().AsObject(),
        };

        private static JsonObject MetadataOf(string value)
        {
            try
            {
                return JsonBody.Parse<JsonObject>(Encoding.UTF8.GetBytes(value));
            }
            catch (ProblemException)
            {
                throw ProblemException.Field("metadata", "must be a JSON object of valid Unicode such as {\"lang\":\"en\"}.");
            }
        }
    }
}
