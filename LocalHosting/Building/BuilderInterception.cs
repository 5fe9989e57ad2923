using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>
/// Lets a test in whose flow an app host's entry point runs change its options and take over the application it builds. One per asynchronous
/// flow, so that tests do not see each other.
/// </summary>
internal sealed class BuilderInterception
{
    private static readonly AsyncLocal<BuilderInterception?> CurrentFlow = new();

    public static BuilderInterception? Current
    {
        get => CurrentFlow.Value;
        set => CurrentFlow.Value = value;
    }

    /// <summary>Called before the builder reads its options.</summary>
    public Action<DistributedApplicationOptions, HostApplicationBuilderSettings>? Constructing { get; init; }

    /// <summary>Called when the builder exists and its model is still empty.</summary>
    public Action<IDistributedApplicationBuilder>? Constructed { get; init; }

    /// <summary>Called when the entry point asks to build; may change the model, and may block until a test has done so.</summary>
    public Action<IDistributedApplicationBuilder>? Building { get; init; }

    public Action<DistributedApplication>? Built { get; init; }
}
