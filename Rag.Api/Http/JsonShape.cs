using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Rag.Api.Http;

/// <summary>
/// Compares JSON with the type it is to become and names every difference by its path, in the caller's words: the serializer stops at
/// the first one and speaks of .NET types.
/// </summary>
internal static class JsonShape
{
    public static void Check(JsonElement value, Type type, Validation problems) => Check(value, type, nullable: false, "", problems);

    private static void Check(JsonElement value, Type declared, bool nullable, string path, Validation problems)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (value.ValueKind == JsonValueKind.Null)
        {
            if (!nullable && type == declared)
            {
                problems.Add(Name(path), "must not be null; leave it out or give a value.");
            }

            return;
        }

        if (Expectation(value, type) is { } expected)
        {
            problems.Add(Name(path), $"must be {expected}, but is {Kind(value)}.");
            return;
        }

        var info = ApiJson.Options.GetTypeInfo(type);
        if (info.Kind == JsonTypeInfoKind.Enumerable && value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (problems.HasMore)
                {
                    return;
                }

                Check(item, info.ElementType!, nullable: false, $"{path}[{index++}]", problems);
            }
        }
        else if (info.Kind == JsonTypeInfoKind.Object && value.ValueKind == JsonValueKind.Object)
        {
            CheckObject(value, info, path, problems);
        }
    }

    private static void CheckObject(JsonElement value, JsonTypeInfo info, string path, Validation problems)
    {
        var properties = info.Properties.ToDictionary(static property => property.Name, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            if (problems.HasMore)
            {
                return;
            }

            seen.Add(member.Name);
            var memberPath = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (properties.TryGetValue(member.Name, out var property))
            {
                Check(member.Value, property.PropertyType, property.IsSetNullable, memberPath, problems);
            }
            else
            {
                problems.Add(Shorten(memberPath), $"is unknown; known are: {string.Join(", ", properties.Keys)}.");
            }
        }

        foreach (var property in info.Properties.Where(property => property.IsRequired && !seen.Contains(property.Name)))
        {
            problems.Add(path.Length == 0 ? property.Name : $"{path}.{property.Name}", "is required.");
        }
    }

    /// <summary>What the value should have been; null when it fits as far as can be said without looking inside.</summary>
    private static string? Expectation(JsonElement value, Type type)
    {
        var kind = value.ValueKind;
        if (type == typeof(string))
        {
            return kind == JsonValueKind.String ? null : "a string";
        }

        if (type.IsEnum)
        {
            var names = Enum.GetNames(type).Select(static name => JsonNamingPolicy.CamelCase.ConvertName(name)).ToArray();
            return kind == JsonValueKind.String && names.Any(value.ValueEquals)
                ? null
                : $"one of {string.Join(", ", names.Select(static name => $"\"{name}\""))}";
        }

        if (type == typeof(int) || type == typeof(long))
        {
            return kind == JsonValueKind.Number && (type == typeof(int) ? value.TryGetInt32(out _) : value.TryGetInt64(out _)) ? null : "a whole number";
        }

        if (type == typeof(double))
        {
            return kind == JsonValueKind.Number ? null : "a number";
        }

        if (type == typeof(bool))
        {
            return kind is JsonValueKind.True or JsonValueKind.False ? null : "true or false";
        }

        if (type == typeof(Guid))
        {
            return kind == JsonValueKind.String && value.TryGetGuid(out _) ? null : "a UUID";
        }

        if (type == typeof(DateTimeOffset))
        {
            return kind == JsonValueKind.String && value.TryGetDateTimeOffset(out _) ? null : "a time such as \"2030-01-31T12:00:00Z\"";
        }

        if (type == typeof(JsonNode))
        {
            return null;
        }

        if (type == typeof(JsonArray) || (type != typeof(JsonObject) && typeof(System.Collections.IEnumerable).IsAssignableFrom(type)))
        {
            return kind == JsonValueKind.Array ? null : "a list";
        }

        return kind == JsonValueKind.Object ? null : "an object";
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "null",
    };

    private static string Name(string path) => path.Length == 0 ? "body" : Shorten(path);

    // A sender's own names come back in messages, but not by the kilobyte.
    private static string Shorten(string path) => path.Length <= 100 ? path : path[..100] + "…";
}
