using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Rag.Core.Caching;

/// <content>What became of tries, and the log lines of it: one at the beginning of an outage and one at its end.</content>
public sealed partial class CacheConnection
{
    private void NoteLoss(ConnectionMultiplexer connection, ConnectionFailedEventArgs e)
    {
        // Of one that was replaced there is nothing to tell, and news may be old.
        if (e.ConnectionType == ConnectionType.Interactive && connection == _connection && !connection.IsConnected && _outage.Failed(_outage.Try()))
        {
            LogAway(_logger, e.FailureType.ToString());
        }
    }

    private void NoteRestored(ConnectionFailedEventArgs e)
    {
        if (e.ConnectionType == ConnectionType.Interactive)
        {
            // This comes a moment before commands are answered: only an answer is the end of an outage.
            _wake.Set();
            return;
        }

        Listener[] listeners;
        lock (_gate)
        {
            listeners = [.. _listeners];
        }

        foreach (var listener in listeners)
        {
            listener.OnMessage(null);
        }
    }

    private void NoteAnswer(int epoch)
    {
        if (_outage.Answered(epoch))
        {
            LogBack(_logger);
        }
    }

    private void NoteFailure(Exception exception, int epoch)
    {
        if (exception is RedisServerException refused)
        {
            // It answers, but not this: full, read-only, without the right. That is no reason not to ask for something else.
            // Only the code: the rest of the message may hold arguments.
            var code = refused.Message.Split(' ', 2)[0];
            var isNews = _refusal is not { } last || _time.GetElapsedTime(last.At) >= RefusalIsNews;
            if (isNews)
            {
                LogRefused(_logger, code);
            }

            _refusal = new Refusal(code, _time.GetTimestamp());
            return;
        }

        if (_outage.Failed(epoch))
        {
            LogAway(_logger, exception switch
            {
                TimeoutException => "no answer in time",
                RedisConnectionException lost => lost.FailureType.ToString(),
                _ => exception.GetType().Name,
            });
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "Redis is away ({Reason}); everything goes on without it, and it is tried again by itself")]
    private static partial void LogAway(ILogger logger, string reason);

    [LoggerMessage(2102, LogLevel.Information, "Redis answers again")]
    private static partial void LogBack(ILogger logger);

    [LoggerMessage(2103, LogLevel.Warning, "Redis refuses commands ({Code}); what it would have done is done without it")]
    private static partial void LogRefused(ILogger logger, string code);

    [LoggerMessage(2104, LogLevel.Warning, "ConnectionStrings:cache is not a Redis address such as 'host:6379,password=...'; everything works without Redis")]
    private static partial void LogUnreadable(ILogger logger);
}
