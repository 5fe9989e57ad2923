using System.Diagnostics;

namespace Rag.Api;

/// <summary>Spans of the API itself, below the server's.</summary>
internal static class ApiTelemetry
{
    public static readonly ActivitySource Source = new("Rag.Api");
}
