namespace Aspire.Hosting.ApplicationModel;

/// <summary>Commands that a person or a test gives to a running resource.</summary>
public sealed class ResourceCommandService
{
    private readonly Func<string, string, CancellationToken, Task<ExecuteCommandResult>> _execute;

    /// <param name="execute">Gets the id of the instance (or the name of the resource) and the command.</param>
    internal ResourceCommandService(Func<string, string, CancellationToken, Task<ExecuteCommandResult>> execute) => _execute = execute;

    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default) =>
        _execute(resourceId, commandName, cancellationToken);

    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return _execute(resource.Name, commandName, cancellationToken);
    }
}

/// <summary>How a command ended.</summary>
public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }

    public bool Canceled { get; init; }

    /// <summary>Why it failed, in words.</summary>
    public string? Message { get; init; }
}

public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}
