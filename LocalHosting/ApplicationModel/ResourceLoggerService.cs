using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The console output of resources: the last lines of each, and whatever comes while somebody watches.</summary>
public sealed class ResourceLoggerService
{
    /// <summary>Enough to see why something failed; an old run's output is in the files of whoever wants to keep it.</summary>
    internal const int BacklogLines = 2000;

    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(ResourceName.Comparer);

    internal ResourceLoggerService()
    {
    }

    /// <summary>A logger whose lines stand among the resource's own output.</summary>
    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return GetLogger(resource.Name);
    }

    public ILogger GetLogger(string resourceName) => For(resourceName);

    /// <summary>Batches of lines: first the backlog, then what comes, until the application ends or the reader stops.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return WatchAsync(resource.Name);
    }

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => For(resourceName).WatchAsync();

    /// <summary>Adds a line of output of the instance <paramref name="resourceId"/>.</summary>
    internal void Write(string resourceId, string line, bool isError) => For(resourceId).Add(line, isError);

    private ResourceLog For(string resourceName) => _logs.GetOrAdd(resourceName, static _ => new ResourceLog());

    private sealed class ResourceLog : ILogger
    {
        private readonly Lock _lock = new();
        private readonly Queue<LogLine> _backlog = new();
        private readonly HashSet<Channel<LogLine>> _watchers = [];
        private int _number;

        public void Add(string line, bool isError)
        {
            lock (_lock)
            {
                var entry = new LogLine(++_number, line, isError);
                _backlog.Enqueue(entry);
                if (_backlog.Count > BacklogLines)
                {
                    _backlog.Dequeue();
                }

                foreach (var watcher in _watchers)
                {
                    watcher.Writer.TryWrite(entry);
                }
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            // A reader that falls behind loses the oldest lines instead of holding all memory.
            var channel = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(10 * BacklogLines) { FullMode = BoundedChannelFullMode.DropOldest });
            IReadOnlyList<LogLine> backlog;
            lock (_lock)
            {
                backlog = [.. _backlog];
                _watchers.Add(channel);
            }

            try
            {
                if (backlog.Count > 0)
                {
                    yield return backlog;
                }

                while (await channel.Reader.WaitToReadAsync(cancellationToken))
                {
                    List<LogLine> lines = [];
                    while (channel.Reader.TryRead(out var line))
                    {
                        lines.Add(line);
                    }

                    yield return lines;
                }
            }
            finally
            {
                lock (_lock)
                {
                    _watchers.Remove(channel);
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var text = formatter(state, exception);
                Add(exception is null ? text : $"{text} {exception.Message}", isError: logLevel >= LogLevel.Error);
            }
        }
    }
}

/// <summary>One line of output.</summary>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);
