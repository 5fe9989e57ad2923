using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Rag.Deploy.Writing;

/// <summary>
/// The one place where trees become YAML. Text is quoted unless no reader, of YAML 1.1 or 1.2, could take it for anything but text: Kubernetes'
/// own readers still know <c>yes</c>, <c>on</c> and numbers in other bases. Equal trees are equal bytes.
/// </summary>
public static partial class YamlText
{
    private static readonly EmitterSettings Layout = new(
        bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, skipAnchorName: true, indentSequences: false, newLine: "\n");

    /// <summary>Writes one document for each tree, with <c>---</c> between them.</summary>
    /// <param name="trees">As <see cref="ManifestTree"/> makes them.</param>
    /// <param name="comment">Lines for the head of the file, without <c>#</c>; null: none.</param>
    public static string Write(IEnumerable<JsonNode> trees, string? comment = null)
    {
        ArgumentNullException.ThrowIfNull(trees);
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        foreach (var line in comment?.Split('\n') ?? [])
        {
            text.WriteLine(line.Length == 0 ? "#" : $"# {line}");
        }

        var first = true;
        foreach (var tree in trees)
        {
            if (!first)
            {
                text.WriteLine("---");
            }

            first = false;
            Write(tree, text);
        }

        return text.ToString();
    }

    private static void Write(JsonNode tree, StringWriter text)
    {
        var emitter = new Emitter(text, Layout);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(version: null, tags: null, isImplicit: true));
        Emit(emitter, tree);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
    }

    private static void Emit(IEmitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, members.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (name, value) in members)
                {
                    Emit(emitter, JsonValue.Create(name));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray items:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, items.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in items)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                var text = scalar.GetValue<string>();
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, StyleOf(text), isPlainImplicit: true, isQuotedImplicit: true));
                break;
            default:
                emitter.Emit(new Scalar(node?.ToJsonString() ?? "null"));
                break;
        }
    }

    private static ScalarStyle StyleOf(string text)
    {
        if (text.Contains('\n', StringComparison.Ordinal))
        {
            // The emitter falls back to quotes by itself where a block cannot hold the text, but for one that begins with an empty line.
            return text[0] == '\n' ? ScalarStyle.DoubleQuoted : ScalarStyle.Literal;
        }

        return (Word().IsMatch(text) && !Reserved().IsMatch(text)) || Quantity().IsMatch(text) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted;
    }

    // Begins with a letter, a slash or an underscore, so it is neither a number nor an indicator; a colon only inside of a word.
    [GeneratedRegex(@"^[A-Za-z_/][A-Za-z0-9_./@+=;,()-]*((:|\ )[A-Za-z0-9_./@+=;,()-]+)*$", RegexOptions.None, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"^(true|false|yes|no|on|off|y|n|null|nan|inf)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reserved();

    // Such as 500m, 2Gi, 70%.
    [GeneratedRegex(@"^[0-9]+(m|k|M|G|T|Ki|Mi|Gi|Ti|s|h|%)$", RegexOptions.None, 1000)]
    private static partial Regex Quantity();
}
