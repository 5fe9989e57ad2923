using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Qdrant.StandIn.Contract;

/// <summary>
/// Lets through only what the description allows, in both directions. A request that it does not allow gets 400 and is remembered, so
/// that a test can assert that there was none; an answer that it does not allow is a fault of this server and gets 500. Without a
/// description everything is let through.
/// </summary>
internal sealed class ContractGate(Description? description, ILogger<ContractGate> logger)
{
    private readonly SchemaCheck? _schemas = description is null ? null : new(description);

    /// <summary>Whether there is a description to hold anything against.</summary>
    public bool IsChecking => description is not null;

    /// <summary>Everything that was refused.</summary>
    public ConcurrentQueue<string> Violations { get; } = new();

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (request.Path.StartsWithSegments("/_stand-in", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        var operation = description?.Find(request.Method, request.Path);
        if (IsChecking && operation is null)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, [$"{request.Method} {request.Path} is no operation of the description."]);
            return;
        }

        var errors = operation is null
            ? []
            : request.Query.Where(q => !operation.Query.ContainsKey(q.Key)).Select(static q => $"The query's '{q.Key}' is no parameter of the description.").ToList();
        var schema = operation?.RequestSchema;
        if (schema is not null || (!IsChecking && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }))
        {
            try
            {
                using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: context.RequestAborted);
                context.Items[typeof(JsonElement)] = body.RootElement.Clone();
            }
            catch (JsonException e)
            {
                await RefuseAsync(context, StatusCodes.Status400BadRequest, [$"The body is no JSON: {e.Message}"]);
                return;
            }

            errors.AddRange(schema is { } allowed ? _schemas!.Check(context.Body(), allowed) : []);
        }

        if (errors.Count > 0)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, errors);
            return;
        }

        await AnswerAsync(context, operation, next);
    }

    private async Task AnswerAsync(HttpContext context, Operation? operation, RequestDelegate next)
    {
        var wire = context.Response.Body;
        await using var buffer = new MemoryStream();
        context.Response.Body = buffer;
        try
        {
            await next(context);
        }
        catch (StandInException e)
        {
            buffer.SetLength(0);
            await Answers.FailAsync(context, e.Status, e.Message);
        }
        finally
        {
            context.Response.Body = wire;
        }

        if (operation?.ResponseSchema(context.Response.StatusCode) is { } schema && buffer.Length > 0)
        {
            buffer.Position = 0;
            using var answer = await JsonDocument.ParseAsync(buffer);
            if (_schemas!.Check(answer.RootElement, schema) is { Count: > 0 } errors)
            {
                Violations.Enqueue($"Answer to {context.Request.Method} {context.Request.Path}: {string.Join(' ', errors)}");
                await Answers.FailAsync(context, StatusCodes.Status500InternalServerError, string.Join(' ', errors));
                return;
            }
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(wire, context.RequestAborted);
    }

    private async Task RefuseAsync(HttpContext context, int status, IReadOnlyList<string> errors)
    {
        var text = $"{context.Request.Method} {context.Request.Path}: {string.Join(' ', errors.Take(10))}";
        Violations.Enqueue(text);
        logger.LogWarning("Refused: {Reason}", text);
        await Answers.FailAsync(context, status, "Format error in JSON body: " + text);
    }
}
