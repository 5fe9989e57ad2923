using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Google.Protobuf.WellKnownTypes;

namespace Aspire.Hosting.Dashboard;

/// <summary>What the dashboard is told of a resource: a pure function of its state.</summary>
internal static class ResourceMessages
{
    private const string Masked = "●●●●●●●●";

    private static readonly DateTime HostStarted = DateTime.UtcNow;

    /// <summary>The whole state of an instance.</summary>
    public static Protocol.Resource From(ResourceEvent update)
    {
        var snapshot = update.Snapshot;
        var resource = new Protocol.Resource
        {
            Name = update.ResourceId,
            ResourceType = snapshot.ResourceType,
            DisplayName = update.Resource.Name,
            Uid = update.ResourceId,
            IsHidden = snapshot.IsHidden,
            // A value has no life of its own; the dashboard wants a time nevertheless.
            CreatedAt = Time(snapshot.CreationTimeStamp ?? snapshot.StartTimeStamp ?? HostStarted),
            StartedAt = Time(snapshot.StartTimeStamp),
            StoppedAt = Time(snapshot.StopTimeStamp),
        };
        if (snapshot.State is { } state)
        {
            resource.State = state.Text;
            if (state.Style is { } style)
            {
                resource.StateStyle = style;
            }
        }

        resource.Environment.AddRange(snapshot.EnvironmentVariables.Select(Variable));
        resource.Urls.AddRange(snapshot.Urls.Select(url => Url(url, snapshot.State?.Text)));
        resource.Volumes.AddRange(snapshot.Volumes.Select(volume => new Protocol.Volume
        {
            Source = volume.Source ?? "",
            Target = volume.Target,
            MountType = volume.MountType,
            IsReadOnly = volume.IsReadOnly,
        }));
        resource.HealthReports.AddRange(snapshot.HealthReports.Select(Report));
        resource.Relationships.AddRange(snapshot.Relationships.Select(relation => new Protocol.ResourceRelationship
        {
            ResourceName = relation.ResourceName,
            Type = relation.Type,
        }));
        resource.Properties.AddRange(snapshot.Properties.Select(Property));
        if (update.Resource is ProjectResource or ExecutableResource or ContainerResource)
        {
            resource.Commands.AddRange(Commands(snapshot.State?.Text));
        }

        return resource;
    }

    private static Protocol.EnvironmentVariable Variable(EnvironmentVariableSnapshot variable)
    {
        var message = new Protocol.EnvironmentVariable { Name = variable.Name, IsFromSpec = variable.IsFromSpec };
        if (variable.Value is { } value)
        {
            message.Value = value;
        }

        return message;
    }

    private static Protocol.Url Url(UrlSnapshot url, string? state)
    {
        var message = new Protocol.Url { FullUrl = url.Url, IsInternal = url.IsInternal, IsInactive = state != KnownResourceStates.Running, DisplayProperties = new() };
        if (url.Name is { } name)
        {
            message.EndpointName = name;
        }

        return message;
    }

    private static Protocol.HealthReport Report(HealthReportSnapshot report)
    {
        var message = new Protocol.HealthReport { Key = report.Name, Description = report.Description ?? "", Exception = report.ExceptionText ?? "" };
        if (report.Status is { } status)
        {
            message.Status = status switch
            {
                Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy => Protocol.HealthStatus.Healthy,
                Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Degraded => Protocol.HealthStatus.Degraded,
                _ => Protocol.HealthStatus.Unhealthy,
            };
        }

        return message;
    }

    private static Protocol.ResourceProperty Property(ResourcePropertySnapshot property) => new()
    {
        Name = property.Name,
        // The dashboard can unmask what it is given, so it is not given secrets.
        Value = property.IsSensitive ? Value.ForString(Masked) : Convert(property.Value),
        IsSensitive = property.IsSensitive,
    };

    private static Value Convert(object? value) => value switch
    {
        null => Value.ForNull(),
        bool flag => Value.ForBool(flag),
        int number => Value.ForString(number.ToString(CultureInfo.InvariantCulture)),
        string text => Value.ForString(text),
        IEnumerable<string> texts => Value.ForList([.. texts.Select(Value.ForString)]),
        IFormattable other => Value.ForString(other.ToString(null, CultureInfo.InvariantCulture)),
        _ => Value.ForString(value.ToString() ?? ""),
    };

    private static IEnumerable<Protocol.ResourceCommand> Commands(string? state)
    {
        var over = state is null || state == KnownResourceStates.NotStarted || KnownResourceStates.TerminalStates.Contains(state);
        var changing = state == KnownResourceStates.Stopping;
        yield return Command(KnownResourceCommands.StartCommand, "Start", "Play", over && !changing, hidden: !over);
        yield return Command(KnownResourceCommands.StopCommand, "Stop", "Stop", !over && !changing, hidden: over);
        yield return Command(KnownResourceCommands.RestartCommand, "Restart", "ArrowCounterclockwise", !over && !changing, hidden: false);
    }

    private static Protocol.ResourceCommand Command(string name, string text, string icon, bool enabled, bool hidden) => new()
    {
        Name = name,
        DisplayName = text,
        IconName = icon,
        IconVariant = name == KnownResourceCommands.RestartCommand ? Protocol.IconVariant.Regular : Protocol.IconVariant.Filled,
        IsHighlighted = true,
        State = hidden ? Protocol.ResourceCommandState.Hidden : enabled ? Protocol.ResourceCommandState.Enabled : Protocol.ResourceCommandState.Disabled,
    };

    private static Timestamp? Time(DateTime? time) => time is { } value ? Timestamp.FromDateTime(value.ToUniversalTime()) : null;
}
