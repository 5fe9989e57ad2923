using System.Text;
using System.Text.Json;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>
/// A Secret that the cluster has, with what it holds: compared in memory and written to the file of the environment, never shown.
/// Everything else of this program asks for names only.
/// </summary>
internal static class ClusterSecret
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The values by key, in base64 as the API has them: null where it is not there, and where it may not be read.</summary>
    public static async Task<(IReadOnlyDictionary<string, string>? Data, bool IsHidden)> TryReadAsync(Kubectl kubectl, string name, CancellationToken cancellationToken)
    {
        var result = await kubectl.RunAsync(["get", "secret", name, "--ignore-not-found", "-o", "json"], cancellationToken: cancellationToken);
        return (result.Succeeded && result.Output.Trim().Length > 0 ? Data(result.Output) : null, !result.Succeeded);
    }

    /// <summary>The same where there is no going on without it.</summary>
    /// <exception cref="CliException">It is not there, or may not be read.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(Kubectl kubectl, string name, CancellationToken cancellationToken)
    {
        var output = await kubectl.RequireAsync(["get", "secret", name, "--ignore-not-found", "-o", "json"], cancellationToken: cancellationToken);
        return output.Trim().Length > 0
            ? Data(output)
            : throw new CliException($"The cluster has no Secret {name} in {kubectl.Namespace}.", "Is it the right cluster and environment? A platform that is not there yet has no secrets: './rag generate' makes them.");
    }

    /// <summary>Keys of which both have a value, and not the same.</summary>
    public static IReadOnlyList<string> Differing(IReadOnlyDictionary<string, string> known, IReadOnlyDictionary<string, string> wanted) =>
        [.. wanted.Where(entry => known.TryGetValue(entry.Key, out var value) && !Bytes(value).SequenceEqual(Bytes(entry.Value))).Select(static entry => entry.Key).Order(StringComparer.Ordinal)];

    /// <summary>The values as they stand in a file of one <c>key=value</c> per line.</summary>
    /// <exception cref="CliException">One holds what a line cannot; its key is named.</exception>
    public static IReadOnlyDictionary<string, string> Lines(string secret, IReadOnlyDictionary<string, string> data) => data.ToDictionary(
        static entry => entry.Key,
        entry =>
        {
            try
            {
                var text = Strict.GetString(Bytes(entry.Value));
                return text.AsSpan().IndexOfAny('\n', '\r', '\0') < 0 ? text : throw NoLine(secret, entry.Key);
            }
            catch (DecoderFallbackException)
            {
                throw NoLine(secret, entry.Key);
            }
        });

    private static CliException NoLine(string secret, string key) =>
        new($"The value of {key} in the Secret {secret} is no single line of text, and a line of secrets.env can hold nothing else.", "'rag generate' made no such value: whose is it?");

    private static byte[] Bytes(string value) => KubectlAnswer.Read("get", () => Convert.FromBase64String(value));

    private static Dictionary<string, string> Data(string json) => KubectlAnswer.Read("get", json, static root =>
        root.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object ? data.EnumerateObject().ToDictionary(static entry => entry.Name, static entry => entry.Value.GetString() ?? "", StringComparer.Ordinal) : []);
}
