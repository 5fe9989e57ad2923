using System.Diagnostics;
using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// One endpoint of a resource. <see cref="Port"/> is where others reach it, <see cref="TargetPort"/> where the process or container listens.
/// </summary>
[DebuggerDisplay("{UriScheme,nq} {Name,nq} {Port}->{TargetPort}")]
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private readonly TaskCompletionSource<AllocatedEndpoint> _allocated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int? _port;
    private int? _targetPort;
    private string? _transport;
    private bool? _tlsEnabled;
    private AllocatedEndpoint? _allocatedEndpoint;

    public EndpointAnnotation(
        ProtocolType protocol,
        string? uriScheme = null,
        string? transport = null,
        string? name = null,
        int? port = null,
        int? targetPort = null,
        bool? isExternal = null,
        bool? isProxied = null)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? ManifestName(protocol);
        Name = name ?? UriScheme;
        ResourceName.Validate("Endpoint", Name);
        _transport = transport;
        _port = port;
        _targetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied ?? true;
    }

    public string Name { get; set; }

    public ProtocolType Protocol { get; set; }

    /// <summary>Null: chosen when the application starts. Without a proxy it is the target port.</summary>
    public int? Port
    {
        get => _port ?? (IsProxied ? null : _targetPort);
        set => _port = value;
    }

    /// <summary>Null: chosen when the application starts. Without a proxy it is the port.</summary>
    public int? TargetPort
    {
        get => _targetPort ?? (IsProxied ? null : _port);
        set => _targetPort = value;
    }

    public string UriScheme { get; set; }

    /// <summary>The address that the process binds.</summary>
    public string TargetHost { get; set; } = "localhost";

    public string Transport
    {
        get => _transport ?? (IsHttp(UriScheme) ? "http" : ManifestName(Protocol));
        set => _transport = value;
    }

    /// <summary>Whether it is meant to be reached from outside of the application.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Whether a proxy listens on <see cref="Port"/> and forwards to the instances.</summary>
    public bool IsProxied { get; set; }

    public bool TlsEnabled
    {
        get => _tlsEnabled ?? string.Equals(UriScheme, "https", StringComparison.OrdinalIgnoreCase);
        set => _tlsEnabled = value;
    }

    /// <summary>Where the endpoint is reached in this run; null until it is known.</summary>
    public AllocatedEndpoint? AllocatedEndpoint
    {
        get => _allocatedEndpoint;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _allocatedEndpoint = value;
            _allocated.TrySetResult(value);
        }
    }

    internal bool FromLaunchProfile { get; set; }

    /// <summary>The variable that tells the process its target port, if one was asked for.</summary>
    internal string? TargetPortEnvironmentVariable { get; set; }

    internal static bool IsHttp(string scheme) => scheme is "http" or "https";

    internal static string ManifestName(ProtocolType protocol) => protocol.ToString().ToLowerInvariant();

    /// <summary>Waits until the endpoint is allocated. A resource that is never started never is, hence the token.</summary>
    internal async Task<AllocatedEndpoint> WaitForAllocationAsync(CancellationToken cancellationToken) =>
        _allocatedEndpoint ?? await _allocated.Task.WaitAsync(cancellationToken);
}
