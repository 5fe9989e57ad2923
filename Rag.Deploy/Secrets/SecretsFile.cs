using System.Text;
using Rag.Deploy.AppModel;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Secrets;

/// <summary>
/// The secrets of one environment, one <c>key=value</c> per line. Made once: what is there is never changed, because the databases already
/// know it; only the percent-encoded forms (<c>name.uri</c>) follow what they are made of. From then on the file is an input like the values, and as precious as the data.
/// </summary>
public static class SecretsFile
{
    private const string Head =
        """
        # Secrets of this environment, made once by 'rag generate' and never changed by it. Keep them safe, and out of the repository:
        # the databases are initialised with them. One key=value per line, values as they are, without quotes. What is called NAME.uri is made out
        # of NAME and follows it.

        """;

    /// <summary>Completes the text of a file.</summary>
    /// <param name="manifest">Whose secret parameters are needed.</param>
    /// <param name="values">Which parts are planned.</param>
    /// <param name="existing">What is there; null: nothing yet.</param>
    /// <returns>
    /// The whole text, and the names of the parameters that only a person can fill in. Those stand in it as comments: a line without a value would
    /// be a secret without characters, with which pods start and fail, while pods wait for a key that is not there.
    /// </returns>
    /// <exception cref="DeployException">A line is no <c>key=value</c>, or a secret has more than one line.</exception>
    public static (string Text, IReadOnlyList<string> Missing) Complete(AppManifest manifest, DeployValues values, string? existing)
    {
        var known = Parse(existing ?? "");
        var context = new PlanContext(manifest, values, Planner.Features(values));
        var encodings = context.EncodedSecrets();
        var made = new List<KeyValuePair<string, string>>();
        var encoded = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        var former = new Dictionary<string, string>(StringComparer.Ordinal);
        var missing = new List<string>();
        var reserved = new List<string>();
        foreach (var parameter in context.SecretParameters)
        {
            if (known.TryGetValue(parameter.Name, out var value) && value.Length == 0)
            {
                missing.Add(parameter.Name);
                continue;
            }

            if (value is null)
            {
                value = context.IsElsewheres(parameter.Name) ? null : Value(manifest, parameter);
                if (value is null)
                {
                    missing.Add(parameter.Name);
                    reserved.Add(parameter.Name);
                    continue;
                }

                made.Add(new(parameter.Name, value));
            }

            // A workload that puts the secret into a URI needs it encoded, and the node that puts it in cannot encode.
            foreach (var secret in encodings[parameter.Name])
            {
                var key = WorkloadEnvironment.SecretKey(secret);
                encoded[key] = Encoded(value, secret.UriEncodings);
                former[WorkloadEnvironment.SecretKey(secret, "-")] = key;
            }
        }

        foreach (var parameter in context.SecretParameters)
        {
            former.Remove(parameter.Name);
        }

        var text = Follow(existing ?? Head.ReplaceLineEndings("\n"), encoded, former, out var there);
        foreach (var (name, value) in made)
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        foreach (var (key, value) in encoded.Where(pair => !there.Contains(pair.Key)))
        {
            text.Append(key).Append('=').Append(value).Append('\n');
        }

        reserved.ForEach(name => Reserve(text, name));
        return (text.ToString(), missing);
    }

    /// <summary>
    /// Takes over what a platform was made with: values of keys that are there are replaced, others are appended, comments and other keys stay.
    /// </summary>
    /// <param name="existing">The file; null: there is none.</param>
    /// <param name="values">Of the platform. None may hold a line break, which a line cannot.</param>
    public static string Replace(string? existing, IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var rest = new SortedDictionary<string, string>(values.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var line in (existing ?? Head.ReplaceLineEndings("\n")).TrimEnd('\n').Split('\n'))
        {
            var key = line.Length == 0 || line[0] == '#' || line.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var equals) ? null : line[..equals];
            if (key is null || !values.TryGetValue(key, out var value))
            {
                text.Append(line).Append('\n');
            }
            else if (rest.Remove(key))
            {
                text.Append(key).Append('=').Append(value).Append('\n');
            }
        }

        foreach (var (key, value) in rest)
        {
            text.Append(key).Append('=').Append(value).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Writes the file so that its owner alone can read it.</summary>
    public static void Write(string path, string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path) && File.ReadAllText(path) == text)
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // Beside its place first: half a file of secrets is none.
        using (var stream = new StreamWriter(path + ".new", options))
        {
            stream.Write(text);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Reads the keys and values.</summary>
    /// <exception cref="DeployException">A line is no <c>key=value</c>; its content is not repeated.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var trimmed = line.TrimEnd('\r');
            if (trimmed.Length == 0 || trimmed[0] == '#')
            {
                continue;
            }

            var equals = trimmed.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new DeployException($"Line {number} of the secrets is no 'key=value'.", "Comments begin with '#'; values stand as they are, on one line.");
            }

            entries[trimmed[..equals]] = trimmed[(equals + 1)..];
        }

        return entries;
    }

    private static void Reserve(StringBuilder text, string name)
    {
        var line = $"#{name}=";
        if (!text.ToString().Split('\n').Any(other => other.TrimEnd('\r') == line))
        {
            text.Append("# Only a person knows the next one: fill it in and remove the '#'.\n").Append(line).Append('\n');
        }
    }

    // What is there as it is, but for encoded forms: those say what their secret says, which a person may have changed. An earlier version had
    // other keys for them, that a parameter's own could be.
    private static StringBuilder Follow(string existing, OrderedDictionary<string, string> encoded, Dictionary<string, string> former, out HashSet<string> there)
    {
        there = new HashSet<string>(StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var line in (existing.EndsWith('\n') ? existing[..^1] : existing).Split('\n'))
        {
            var key = line.Length == 0 || line[0] == '#' || line.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var equals) ? "" : line[..equals];
            if (!encoded.TryGetValue(former.GetValueOrDefault(key, key), out var value))
            {
                text.Append(line).Append('\n');
            }
            else if (there.Add(former.GetValueOrDefault(key, key)))
            {
                text.Append(former.GetValueOrDefault(key, key)).Append('=').Append(value).Append('\n');
            }
        }

        return existing.Length == 0 ? text.Clear() : text;
    }

    private static string Encoded(string value, int times)
    {
        for (; times > 0; times--)
        {
            value = Uri.EscapeDataString(value);
        }

        return value;
    }

    private static string? Value(AppManifest manifest, ParameterResource parameter)
    {
        var input = parameter.Inputs.Values.First(static input => input.Secret);
        if (input.Generate is { } shape)
        {
            return SecretText.New(shape);
        }

        // A line of the file ends where the value's first line does; the rest would be keys.
        return input.Default?.AsSpan().ContainsAny('\n', '\r') == true
            ? throw new ManifestException(
                manifest.File, parameter.Name, "the default of this secret has more than one line, and the file of secrets has one line for each.",
                "Set 'secrets.mode' to 'existing' or 'external' in the values: the Secret then comes from elsewhere and may hold any text.")
            : input.Default;
    }
}
