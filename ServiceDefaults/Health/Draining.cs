namespace RagPlatform.ServiceDefaults.Health;

/// <summary>Whether this process is on its way out: then it is not ready, though it goes on serving until it stops.</summary>
public sealed class Draining
{
    private volatile bool _started;

    /// <summary>True from the moment the process was asked to stop.</summary>
    public bool Started => _started;

    internal void Start() => _started = true;
}
