using System.Text.RegularExpressions;

namespace Rag.Deploy.Planning;

/// <summary>Names that stand where the values and the app model have keys of their own, so that no attribute can say what is allowed.</summary>
internal static partial class KubernetesNames
{
    /// <summary>What <see cref="IsLabelKey"/> allows, in words.</summary>
    public const string LabelKey = "letters, digits, '-', '_' and '.', at most 63, with an optional prefix such as example.com/";

    /// <summary>What <see cref="IsLabelValue"/> allows, in words.</summary>
    public const string LabelValue = "letters, digits, '-', '_' and '.', at most 63, beginning and ending with a letter or digit";

    /// <summary>Of an environment variable, which is a key of a ConfigMap as well.</summary>
    public static bool IsVariable(string name) => Variable().IsMatch(name);

    /// <summary>Of a label or an annotation.</summary>
    public static bool IsLabelKey(string key) => Key().IsMatch(key);

    /// <summary>Of a label.</summary>
    public static bool IsLabelValue(string value) => Value().IsMatch(value);

    [GeneratedRegex(@"\A[-._A-Za-z][-._A-Za-z0-9]*\z", RegexOptions.None, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\A([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\z", RegexOptions.None, 1000)]
    private static partial Regex Key();

    [GeneratedRegex(@"\A([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\z", RegexOptions.None, 1000)]
    private static partial Regex Value();
}
