namespace Rag.Core.Storage;

/// <summary>A faster way for <see cref="StorageSignals"/> beside PostgreSQL's NOTIFY. It may lose anything at any time. Thread-safe.</summary>
public interface ISignalTransport
{
    /// <summary>Whether there is such a way at all; does not change.</summary>
    bool IsEnabled { get; }

    /// <summary>Whether what others publish arrives at the moment, as far as can be told.</summary>
    bool IsListening { get; }

    /// <summary>Calls back with channel and payload from now on; with channel null when anything may have been missed.</summary>
    void Listen(Action<string?, string> onSignal);

    /// <summary>Publishes to every process. False when that is not certain. Throws for the caller's cancellation only.</summary>
    Task<bool> PublishAsync(IReadOnlyCollection<(string Channel, string Payload)> signals, CancellationToken cancellationToken);
}
