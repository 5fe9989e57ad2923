using System.Diagnostics;
using System.Text.Json;

namespace Qdrant.StandIn;

/// <summary>An answer other than success, as Qdrant words it.</summary>
internal sealed class StandInException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    public static StandInException NoCollection(string name) => new(StatusCodes.Status404NotFound, $"Not found: Collection `{name}` doesn't exist!");

    public static StandInException WrongInput(string what) => new(StatusCodes.Status400BadRequest, $"Wrong input: {what}");

    /// <summary>Allowed by the description, but nothing here relies on it yet.</summary>
    public static StandInException NotHere(string what) => new(StatusCodes.Status501NotImplemented, $"The stand-in does not know {what}.");
}

/// <summary>The envelope around every answer.</summary>
internal static class Answers
{
    public static JsonElement Body(this HttpContext context) => (JsonElement)context.Items[typeof(JsonElement)]!;

    public static IResult Ok(object result) => Results.Json(new { result, status = "ok", time = 0.0001 });

    /// <summary>What every operation that changes something answers.</summary>
    public static IResult Updated(long operation, bool wait) => Ok(new { operation_id = operation, status = wait ? "completed" : "acknowledged" });

    public static async Task FailAsync(HttpContext context, int status, string error)
    {
        Debug.Assert(!context.Response.HasStarted, "Answers are buffered.");
        context.Response.StatusCode = status;
        context.Response.ContentLength = null;
        await context.Response.WriteAsJsonAsync(new { time = 0.0001, status = new { error } });
    }
}
