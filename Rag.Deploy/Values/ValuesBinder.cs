using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rag.Deploy.Values;

/// <summary>
/// Binds nodes to the types of the values by their properties and attributes, and collects every fault instead of stopping at the first. A key
/// that no property has is one, because a misspelt key would otherwise silently be a default.
/// </summary>
internal sealed class ValuesBinder
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);

    private readonly List<string> _faults = [];
    private readonly Dictionary<string, ValuePlace> _places = new(StringComparer.Ordinal);

    /// <summary>One line for each fault.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Binds a whole tree.</summary>
    public T Bind<T>(MapNode? root)
        where T : new()
    {
        if (root is null)
        {
            return new T();
        }

        _places[""] = root.Place;
        return (T)BindObject(typeof(T), root, path: "")!;
    }

    /// <summary>Where each path stands that was set.</summary>
    public IReadOnlyDictionary<string, ValuePlace> Places => _places;

    private object? BindValue(Type type, ValueNode node, string path, bool nullable)
    {
        _places[path] = node.Place;
        if (node is ScalarNode { IsNull: true })
        {
            return nullable ? null : Fault(node, path, $"nothing stands here; {Expected(type)} is expected.");
        }

        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(string) || plain == typeof(int) || plain == typeof(bool) || plain.IsEnum)
        {
            return BindScalar(plain, node, path);
        }

        if (plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(OrderedDictionary<,>))
        {
            return BindMap(plain, node, path);
        }

        if (plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return BindList(plain.GetGenericArguments()[0], node, path);
        }

        return BindObject(plain, node, path);
    }

    private object? BindScalar(Type type, ValueNode node, string path)
    {
        if (node is not ScalarNode scalar)
        {
            return Fault(node, path, $"{Expected(type)} is expected, this is {node.Describe()}.");
        }

        if (type == typeof(string))
        {
            return scalar.Text;
        }

        if (type == typeof(int))
        {
            return int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && !scalar.Quoted
                ? number
                : Fault(node, path, $"a whole number is expected, this is {node.Describe()}.");
        }

        if (type == typeof(bool))
        {
            return scalar switch
            {
                { Quoted: false, Text: "true" } => true,
                { Quoted: false, Text: "false" } => false,
                _ => Fault(node, path, $"true or false is expected, this is {node.Describe()}."),
            };
        }

        var value = Enum.GetValues(type).Cast<object>().FirstOrDefault(candidate => EnumText(candidate) == scalar.Text);
        return value ?? Fault(node, path, $"'{scalar.Text}' is not allowed; allowed are: {string.Join(", ", EnumTexts(type))}.");
    }

    private object? BindMap(Type type, ValueNode node, string path)
    {
        if (node is not MapNode map)
        {
            return Fault(node, path, $"keys and values are expected, this is {node.Describe()}.");
        }

        var result = (IDictionary)Activator.CreateInstance(type)!;
        var valueType = type.GetGenericArguments()[1];
        foreach (var (key, value) in map.Members)
        {
            // Only environment variables may be removed by a null; NullabilityInfo does not reach into generic arguments of a dictionary at hand.
            var bound = BindValue(valueType, value, Join(path, key), nullable: path.EndsWith(".env", StringComparison.Ordinal));
            if (bound is not null || path.EndsWith(".env", StringComparison.Ordinal))
            {
                result.Add(key, bound);
            }
        }

        return result;
    }

    private Array? BindList(Type itemType, ValueNode node, string path)
    {
        if (node is not ListNode list)
        {
            Fault(node, path, $"a list is expected, this is {node.Describe()}.");
            return null;
        }

        var items = Array.CreateInstance(itemType, list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            items.SetValue(BindValue(itemType, list.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), nullable: false), i);
        }

        return items;
    }

    private object? BindObject(Type type, ValueNode node, string path)
    {
        if (node is not MapNode map)
        {
            return Fault(node, path, $"keys and values are expected, this is {node.Describe()}.");
        }

        var result = Activator.CreateInstance(type)!;
        var properties = Properties(type).ToDictionary(static property => Key(property), StringComparer.Ordinal);
        foreach (var (key, value) in map.Members)
        {
            if (!properties.TryGetValue(key, out var property))
            {
                Fault(value, Join(path, key), UnknownKey(key, properties.Keys));
                continue;
            }

            var place = Join(path, key);
            var isNull = value is ScalarNode { IsNull: true };
            var bound = BindValue(property.PropertyType, value, place, IsNullable(property));
            if (bound is null && !(isNull && IsNullable(property)))
            {
                continue;
            }

            property.SetValue(result, bound);
            Check(property, bound, value, place);
        }

        foreach (var missing in properties.Values.Where(static p => p.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute))).Where(p => !map.Members.ContainsKey(Key(p))))
        {
            Fault(node, Join(path, Key(missing)), "it is missing.");
        }

        return result;
    }

    // What is said of a list or a map is meant of each of its values.
    private void Check(PropertyInfo property, object? value, ValueNode node, string path)
    {
        foreach (var attribute in property.GetCustomAttributes<ValidationAttribute>())
        {
            switch (node, value)
            {
                case (MapNode map, IDictionary bound):
                    foreach (var (key, item) in map.Members)
                    {
                        Check(attribute, bound[key], item, Join(path, key));
                    }

                    break;
                case (ListNode list, IList bound):
                    for (var i = 0; i < bound.Count; i++)
                    {
                        Check(attribute, bound[i], list.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"));
                    }

                    break;
                default:
                    Check(attribute, value, node, path);
                    break;
            }
        }
    }

    private void Check(ValidationAttribute attribute, object? value, ValueNode node, string path)
    {
        // What has not even the right type was named before; here it is null, or the default of its type.
        if (value is not null && _faults.TrueForAll(fault => !fault.StartsWith($"{node.Place}: {path}: ", StringComparison.Ordinal)) && !Allows(attribute, value))
        {
            Fault(node, path, $"{node.Describe()} is not allowed; allowed is: {Allowed(attribute)}.");
        }
    }

    /// <summary>Whether a value is what an attribute says.</summary>
    // RegularExpressionAttribute takes the first alternative that matches and then complains that something is left.
    internal static bool Allows(ValidationAttribute attribute, object value) => attribute is RegularExpressionAttribute pattern
        ? Regex.IsMatch((string)value, $@"\A(?:{pattern.Pattern})\z", RegexOptions.None, MatchLimit)
        : attribute.IsValid(value);

    private object? Fault(ValueNode node, string path, string message)
    {
        _faults.Add($"{node.Place}: {path}: {message}");
        return null;
    }

    private static string Allowed(ValidationAttribute attribute) => attribute switch
    {
        RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}"),
        AllowedValuesAttribute values => string.Join(", ", values.Values),
        _ => attribute.ErrorMessage ?? attribute.GetType().Name,
    };

    private static string UnknownKey(string key, IEnumerable<string> known)
    {
        var all = known.ToList();
        var close = all.Select(candidate => (candidate, Distance: EditDistance(key, candidate))).Where(c => c.Distance <= 2).OrderBy(static c => c.Distance).Select(static c => c.candidate).FirstOrDefault();
        return close is null ? $"there is no such key; there are: {string.Join(", ", all)}." : $"there is no such key; did you mean '{close}'?";
    }

    // Levenshtein's distance, one row at a time.
    private static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }

    // What a type has in common with others stands first, as it does where it is written out.
    internal static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.SetMethod is { IsPublic: true }).OrderBy(property => property.DeclaringType == type);

    internal static string Key(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    internal static bool IsNullable(PropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null
        || (!property.PropertyType.IsValueType && new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable);

    // Kubernetes' own words keep their spelling, ours begin with a small letter.
    internal static string EnumText(object value) => value is PullPolicy ? value.ToString()! : JsonNamingPolicy.CamelCase.ConvertName(value.ToString()!);

    internal static IEnumerable<string> EnumTexts(Type type) => Enum.GetValues(type).Cast<object>().Select(EnumText);

    private static string Expected(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) ? "a text"
            : plain == typeof(int) ? "a whole number"
            : plain == typeof(bool) ? "true or false"
            : plain.IsEnum ? $"one of {string.Join(", ", EnumTexts(plain))}"
            : plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? "a list" : "keys and values";
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
