using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Rag.Deploy.Values;

/// <summary>A piece of a values file, with the place it came from. Several files are laid over one another before they are bound.</summary>
internal abstract record ValueNode(ValuePlace Place)
{
    private const int Most = 100_000;

    /// <summary>Reads one file.</summary>
    /// <returns>Null when the file is empty or all comments.</returns>
    /// <exception cref="ValuesException">It is not YAML, or not a mapping.</exception>
    public static MapNode? Read(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            throw new ValuesException([string.Create(CultureInfo.InvariantCulture, $"{file}:{exception.Start.Line}: this is not YAML: {exception.Message}")]);
        }

        if (stream.Documents.Count > 1)
        {
            throw new ValuesException([$"{file}: it holds {stream.Documents.Count} documents; one is expected. Give several files instead."]);
        }

        var count = 0;
        return stream.Documents.Count == 0 ? null : From(file, stream.Documents[0].RootNode, depth: 0, ref count) switch
        {
            MapNode map => map,
            ScalarNode { IsNull: true } => null,
            var other => throw new ValuesException([$"{other.Place}: keys and values are expected, this is {other.Describe()}."]),
        };
    }

    /// <summary>Maps are laid over one another key by key; anything else is replaced.</summary>
    public static ValueNode Merge(ValueNode under, ValueNode over)
    {
        if (under is not MapNode low || over is not MapNode high)
        {
            return over;
        }

        var merged = new OrderedDictionary<string, ValueNode>(low.Members, StringComparer.Ordinal);
        foreach (var (key, value) in high.Members)
        {
            merged[key] = merged.TryGetValue(key, out var before) ? Merge(before, value) : value;
        }

        return new MapNode(high.Place, merged);
    }

    /// <summary>What it is, for a message.</summary>
    public abstract string Describe();

    private static ValueNode From(string file, YamlNode node, int depth, ref int count)
    {
        var place = new ValuePlace(file, node.Start.Line);
        // A few anchors that refer to one another several times each are a file of any size.
        if (++count > Most)
        {
            throw new ValuesException([$"{place}: with its anchors it has more than {Most} values."]);
        }

        if (depth > 32)
        {
            throw new ValuesException([$"{place}: it is nested more than 32 levels deep."]);
        }

        switch (node)
        {
            case YamlMappingNode map:
                var members = new OrderedDictionary<string, ValueNode>(StringComparer.Ordinal);
                foreach (var (key, value) in map.Children)
                {
                    var name = key is YamlScalarNode { Value: { } text } ? text : throw new ValuesException([$"{place}: a key has to be a text."]);
                    members.Add(name, From(file, value, depth + 1, ref count) with { Place = new ValuePlace(file, key.Start.Line) });
                }

                return new MapNode(place, members);
            case YamlSequenceNode list:
                var items = new List<ValueNode>();
                foreach (var item in list.Children)
                {
                    items.Add(From(file, item, depth + 1, ref count));
                }

                return new ListNode(place, items);
            case YamlScalarNode scalar:
                return new ScalarNode(place, scalar.Value ?? "", scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any));
            default:
                throw new ValuesException([$"{place}: anchors that refer to themselves are not understood."]);
        }
    }
}

/// <summary>Keys and values.</summary>
internal sealed record MapNode(ValuePlace Place, OrderedDictionary<string, ValueNode> Members) : ValueNode(Place)
{
    public override string Describe() => "keys and values";
}

/// <summary>A list.</summary>
internal sealed record ListNode(ValuePlace Place, IReadOnlyList<ValueNode> Items) : ValueNode(Place)
{
    public override string Describe() => "a list";
}

/// <summary>A text, a number, a flag or nothing: which of them depends on what is expected.</summary>
internal sealed record ScalarNode(ValuePlace Place, string Text, bool Quoted) : ValueNode(Place)
{
    // Of a value in a message: enough to find it by.
    private const int LongestShown = 200;

    public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Describe() => IsNull ? "nothing" : Text.Length > LongestShown ? $"'{Text[..LongestShown]}...'" : $"'{Text}'";
}

/// <summary>Where a value stands.</summary>
internal readonly record struct ValuePlace(string File, long Line)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}");
}
