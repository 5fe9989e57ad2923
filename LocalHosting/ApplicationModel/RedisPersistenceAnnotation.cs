namespace Aspire.Hosting.ApplicationModel;

/// <summary>How often Redis saves to disk.</summary>
internal sealed class RedisPersistenceAnnotation(TimeSpan interval, long keysChangedThreshold) : IResourceAnnotation
{
    public TimeSpan Interval => interval;

    public long KeysChangedThreshold => keysChangedThreshold;
}
