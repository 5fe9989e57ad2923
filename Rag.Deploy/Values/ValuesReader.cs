using System.Text;

namespace Rag.Deploy.Values;

/// <summary>Reads values from files that are laid over one another, the last one on top.</summary>
public static class ValuesReader
{
    // A byte that is no UTF-8 would silently become another character.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads files.</summary>
    /// <param name="files">May be none: then everything is the default.</param>
    /// <exception cref="ValuesException">A file is not there, is not YAML, or holds what is not allowed. All faults are named at once.</exception>
    public static DeployValues ReadFiles(IReadOnlyList<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Read([.. files.Select(static file => (file, Load(file)))]);
    }

    /// <summary>Reads texts.</summary>
    /// <param name="texts">With the names that stand in messages.</param>
    /// <exception cref="ValuesException">See <see cref="ReadFiles"/>.</exception>
    public static DeployValues Read(IReadOnlyList<(string File, string Text)> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ValueNode? merged = null;
        foreach (var (file, text) in texts)
        {
            if (ValueNode.Read(file, text) is { } node)
            {
                merged = merged is null ? node : ValueNode.Merge(merged, node);
            }
        }

        var binder = new ValuesBinder();
        var values = binder.Bind<DeployValues>(merged is MapNode root ? WithDefaults(root) : null);
        return binder.Faults.Count > 0 ? throw new ValuesException(binder.Faults) : values with { Places = new ValuePlaces(binder.Places) };
    }

    // What holds for all services lies under what each of them says, field by field.
    private static MapNode WithDefaults(MapNode root)
    {
        if (root.Members.GetValueOrDefault("services") is not MapNode services || services.Members.GetValueOrDefault(DeployValues.Defaults) is not MapNode defaults)
        {
            return root;
        }

        var layered = new OrderedDictionary<string, ValueNode>(StringComparer.Ordinal);
        foreach (var (name, service) in services.Members)
        {
            layered[name] = name == DeployValues.Defaults ? service : ValueNode.Merge(defaults, service);
        }

        return root with { Members = new OrderedDictionary<string, ValueNode>(root.Members, StringComparer.Ordinal) { ["services"] = services with { Members = layered } } };
    }

    private static string Load(string file)
    {
        try
        {
            using var reader = new StreamReader(file, Strict, detectEncodingFromByteOrderMarks: true);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            throw new ValuesException([$"{file}: it is not text in UTF-8."]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ValuesException([$"{file}: it cannot be read: {exception.Message}"]);
        }
    }
}
