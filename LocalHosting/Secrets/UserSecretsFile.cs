using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting.Secrets;

/// <summary>Where generated values are kept between starts.</summary>
internal interface IUserSecrets
{
    /// <summary>The value of <paramref name="key"/>; where there is none, <paramref name="create"/>'s, kept from then on.</summary>
    string GetOrAdd(string key, Func<string> create);
}

/// <summary>Keeps values for this run only.</summary>
internal sealed class TransientSecrets : IUserSecrets
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    public string GetOrAdd(string key, Func<string> create)
    {
        lock (_lock)
        {
            return _values.TryGetValue(key, out var value) ? value : _values[key] = create();
        }
    }
}

/// <summary>
/// The user secrets of the app host: one JSON file of <c>"Section:Key": "value"</c> in the account's own configuration, outside of the
/// repository. Written whole and renamed into place, readable by its owner alone.
/// </summary>
internal sealed class UserSecretsFile(string path) : IUserSecrets
{
    // Passwords hold signs that the default encoder writes as \uXXXX; the file is also read and edited by people.
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();

    /// <summary>
    /// The secrets of <paramref name="appHost"/>, also added to its configuration. They are read in every environment: a password that was
    /// generated under one must be found under the next, or the database it belongs to could not be opened. Nothing is read or kept when
    /// publishing, nor where configuration says <c>Ephemeral=true</c>.
    /// </summary>
    public static IUserSecrets For(Assembly? appHost, ConfigurationManager configuration, DistributedApplicationExecutionContext context)
    {
        var id = appHost?.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId;
        if (configuration.GetValue("Ephemeral", defaultValue: false))
        {
            // The host adds them by itself in Development.
            var sources = ((IConfigurationBuilder)configuration).Sources;
            foreach (var source in sources.OfType<JsonConfigurationSource>().Where(source => source.Path == "secrets.json").ToArray())
            {
                sources.Remove(source);
            }

            return new TransientSecrets();
        }

        if (string.IsNullOrEmpty(id) || context.IsPublishMode)
        {
            return new TransientSecrets();
        }

        var file = PathHelper.GetSecretsPathFromSecretsId(id);
        var secrets = new ConfigurationBuilder().AddJsonFile(file, optional: true).Build();
        // Weaker than everything else: what somebody sets for this run wins.
        ((IConfigurationBuilder)configuration).Sources.Insert(0, new ChainedConfigurationSource { Configuration = secrets, ShouldDisposeConfiguration = true });
        return new UserSecretsFile(file);
    }

    public string GetOrAdd(string key, Func<string> create)
    {
        lock (_lock)
        {
            var values = Read();
            if (values[key] is JsonValue known && known.GetValueKind() == JsonValueKind.String)
            {
                return known.GetValue<string>();
            }

            var value = create();
            values[key] = value;
            Write(values);
            return value;
        }
    }

    private JsonObject Read()
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject ?? [];
        }
        catch (JsonException exception)
        {
            throw new DistributedApplicationException($"The user secrets in '{path}' are not valid JSON ({exception.Message}). Correct the file or remove it.", exception);
        }
    }

    private void Write(JsonObject values)
    {
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        var temporary = Path.Combine(directory, Path.GetRandomFileName());
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new StreamWriter(temporary, options))
        {
            stream.Write(values.ToJsonString(Layout));
        }

        File.Move(temporary, path, overwrite: true);
    }
}
