using Microsoft.Extensions.Logging;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>Keeps what was logged, exceptions included.</summary>
internal sealed class CapturingLogger : ILogger<ProcessDocumentExtractor>
{
    private readonly Lock _lock = new();
    private readonly List<(int Event, string Text)> _lines = [];

    /// <summary>The lines of one event.</summary>
    public IReadOnlyList<string> Lines(int eventId)
    {
        lock (_lock)
        {
            return [.. _lines.Where(line => line.Event == eventId).Select(static line => line.Text)];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lock)
        {
            _lines.Add((eventId.Id, formatter(state, exception) + exception));
        }
    }
}
