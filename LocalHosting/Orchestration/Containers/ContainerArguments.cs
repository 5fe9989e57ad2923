using System.Globalization;
using System.Text;

namespace Aspire.Hosting.Orchestration.Containers;

/// <summary>Arguments of the docker and podman command line, which understand the same ones for what is used here.</summary>
internal static class ContainerArguments
{
    /// <summary><c>run</c> in the foreground: the client's lines are the container's, and its end is the container's.</summary>
    public static IReadOnlyList<string> Run(ContainerSpecification container, string environmentFile)
    {
        List<string> arguments = ["run", "--name", container.Name];
        if (container.Persistent)
        {
            arguments.Add("--detach");
        }
        else
        {
            arguments.Add("--rm");
        }

        arguments.AddRange(["--env-file", environmentFile]);
        foreach (var (key, value) in container.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            arguments.AddRange(["--label", $"{key}={value}"]);
        }

        foreach (var port in container.Ports)
        {
            // Without an address it would be published to the whole network.
            arguments.AddRange(["--publish", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port.Host}:{port.Container}")]);
        }

        foreach (var mount in container.Mounts)
        {
            arguments.AddRange(["--mount", Mount(mount)]);
        }

        if (container.NeedsHostName)
        {
            // Servers of the application on this machine, for containers that call back.
            arguments.AddRange(["--add-host", "host.docker.internal:host-gateway"]);
        }

        if (container.Entrypoint is { } entrypoint)
        {
            arguments.AddRange(["--entrypoint", entrypoint]);
        }

        arguments.Add(container.Image);
        arguments.AddRange(container.Arguments);
        return arguments;
    }

    /// <summary>Asks the container to end, then kills it.</summary>
    public static IReadOnlyList<string> Stop(string name, TimeSpan patience) =>
        ["stop", "--time", ((int)patience.TotalSeconds).ToString(CultureInfo.InvariantCulture), name];

    /// <summary>Ends it at once.</summary>
    public static IReadOnlyList<string> Kill(string name) => ["kill", name];

    /// <summary>Removes it, running or not; its named volumes stay.</summary>
    public static IReadOnlyList<string> Remove(string name) => ["rm", "--force", name];

    /// <summary>Names of containers with the label, one per line, running or not.</summary>
    public static IReadOnlyList<string> List(string label, string value) =>
        ["ps", "--all", "--filter", $"label={label}={value}", "--format", "{{.Names}}"];

    /// <summary>The lines of a container that was started before, then new ones.</summary>
    public static IReadOnlyList<string> Follow(string name) => ["logs", "--follow", "--tail", "100", name];

    /// <summary>
    /// The text of an environment file: a line per variable, no quoting, everything after the first = is the value. Line breaks cannot be written.
    /// </summary>
    /// <exception cref="DistributedApplicationException">A name or value that the format cannot hold.</exception>
    public static string EnvironmentFile(IReadOnlyDictionary<string, string> environment)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (value.AsSpan().ContainsAny('\n', '\r') || name.AsSpan().ContainsAny('\n', '=') || name.StartsWith('#'))
            {
                throw new DistributedApplicationException(
                    $"The variable '{name}' cannot be given to a container: its name or value has a line break or another character that an environment file cannot hold.");
            }

            text.Append(name).Append('=').Append(value).Append('\n');
        }

        return text.ToString();
    }

    // type=volume,source=name,target=/path,readonly; a field with a comma or a quote is quoted as in CSV.
    private static string Mount(ContainerMount mount)
    {
        List<string> fields = [mount.IsVolume ? "type=volume" : "type=bind"];
        if (mount.Source is { } source)
        {
            fields.Add($"source={source}");
        }

        fields.Add($"target={mount.Target}");
        if (mount.IsReadOnly)
        {
            fields.Add("readonly");
        }

        return string.Join(',', fields.Select(static field =>
            field.AsSpan().ContainsAny(',', '"') ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field));
    }
}
