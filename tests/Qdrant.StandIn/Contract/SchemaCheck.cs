using System.Globalization;
using System.Text.Json;

namespace Qdrant.StandIn.Contract;

/// <summary>
/// Holds a value against a schema of the description. Stricter than JSON Schema in one thing: a field that no schema names is an error,
/// because the real server ignores it, and whoever sent it believes that it did something.
/// </summary>
internal sealed class SchemaCheck(Description description)
{
    /// <summary>What is wrong, each with its path; empty when nothing is.</summary>
    public List<string> Check(JsonElement value, JsonElement schema)
    {
        var errors = new List<string>();
        Check(value, schema, "$", errors, Named(schema));
        return errors;
    }

    private void Check(JsonElement value, JsonElement schema, string path, List<string> errors, HashSet<string>? known)
    {
        schema = description.Resolve(schema);
        if (value.ValueKind == JsonValueKind.Null)
        {
            if (!AllowsNull(schema))
            {
                errors.Add($"{path} must not be null.");
            }

            return;
        }

        if (schema.TryGetProperty("allOf", out var all))
        {
            foreach (var part in all.EnumerateArray())
            {
                Check(value, part, path, errors, known);
            }
        }

        foreach (var word in (string[])["anyOf", "oneOf"])
        {
            if (schema.TryGetProperty(word, out var options))
            {
                CheckAny(value, options, path, errors);
            }
        }

        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(a => JsonElement.DeepEquals(a, value)))
        {
            errors.Add($"{path} is '{value}', which is none of {allowed}.");
        }

        if (schema.TryGetProperty("type", out var type))
        {
            CheckType(value, schema, type.GetString()!, path, errors, known);
        }
    }

    private void CheckAny(JsonElement value, JsonElement options, string path, List<string> errors)
    {
        List<string>? closest = null;
        foreach (var option in options.EnumerateArray())
        {
            var found = new List<string>();
            if (description.Resolve(option) is var resolved && resolved.EnumerateObject().All(static p => p.Name == "nullable"))
            {
                // The way the description says "or null": for a value that is not null it allows nothing.
                found.Add($"{path} fits no alternative.");
            }
            else
            {
                Check(value, option, path, found, Named(option));
            }

            if (found.Count == 0)
            {
                return;
            }

            // What fits best is what was meant: its complaints help.
            closest = closest is null || found.Max(static f => f.IndexOf(' ', StringComparison.Ordinal)) > closest.Max(static f => f.IndexOf(' ', StringComparison.Ordinal)) ? found : closest;
        }

        errors.AddRange(closest ?? [$"{path} fits no alternative."]);
    }

    private void CheckType(JsonElement value, JsonElement schema, string type, string path, List<string> errors, HashSet<string>? known)
    {
        switch (type)
        {
            case "object" when value.ValueKind == JsonValueKind.Object:
                CheckObject(value, schema, path, errors, known);
                break;
            case "array" when value.ValueKind == JsonValueKind.Array:
                CheckArray(value, schema, path, errors);
                break;
            case "string" when value.ValueKind == JsonValueKind.String:
                CheckString(value.GetString()!, schema, path, errors);
                break;
            case "boolean" when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                break;
            case "integer" when value.ValueKind == JsonValueKind.Number && IsInteger(value):
            case "number" when value.ValueKind == JsonValueKind.Number:
                CheckNumber(value.GetDouble(), schema, path, errors);
                break;
            default:
                errors.Add($"{path} must be of type {type}, but is {value.ValueKind}.");
                break;
        }
    }

    private void CheckObject(JsonElement value, JsonElement schema, string path, List<string> errors, HashSet<string>? known)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            errors.AddRange(required.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString()!, out _)).Select(r => $"{path}.{r} is missing."));
        }

        var properties = schema.TryGetProperty("properties", out var named) ? named : default;
        var more = schema.TryGetProperty("additionalProperties", out var additional) ? additional : default;
        foreach (var field in value.EnumerateObject())
        {
            if (properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(field.Name, out var property))
            {
                Check(field.Value, property, $"{path}.{field.Name}", errors, Named(property));
            }
            else if (more.ValueKind == JsonValueKind.Object)
            {
                Check(field.Value, more, $"{path}.{field.Name}", errors, Named(more));
            }
            else if (more.ValueKind != JsonValueKind.True && (known is null || !known.Contains(field.Name)))
            {
                errors.Add($"{path}.{field.Name} is no field of the description.");
            }
        }
    }

    private void CheckArray(JsonElement value, JsonElement schema, string path, List<string> errors)
    {
        var count = value.GetArrayLength();
        if (schema.TryGetProperty("minItems", out var least) && count < least.GetInt32())
        {
            errors.Add($"{path} must have at least {least} items.");
        }

        if (schema.TryGetProperty("uniqueItems", out var unique) && unique.GetBoolean() && value.EnumerateArray().Select(static v => v.GetRawText()).Distinct().Count() != count)
        {
            errors.Add($"{path} must hold nothing twice.");
        }

        if (!schema.TryGetProperty("items", out var items))
        {
            return;
        }

        var i = 0;
        foreach (var item in value.EnumerateArray())
        {
            Check(item, items, $"{path}[{i++}]", errors, Named(items));
            if (errors.Count > 20)
            {
                return;
            }
        }
    }

    private static void CheckString(string value, JsonElement schema, string path, List<string> errors)
    {
        if (schema.TryGetProperty("minLength", out var least) && value.Length < least.GetInt32())
        {
            errors.Add($"{path} must have at least {least} characters.");
        }

        if (schema.TryGetProperty("format", out var format) && format.GetString() == "uuid" && !Guid.TryParse(value, out _))
        {
            errors.Add($"{path} must be a UUID.");
        }
    }

    private static void CheckNumber(double value, JsonElement schema, string path, List<string> errors)
    {
        if (schema.TryGetProperty("minimum", out var least) && value < least.GetDouble())
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{path} must be at least {least.GetDouble()}."));
        }

        if (schema.TryGetProperty("maximum", out var most) && value > most.GetDouble())
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{path} must be at most {most.GetDouble()}."));
        }

        if (schema.TryGetProperty("format", out var format) && format.GetString() == "uint32" && value is < 0 or > uint.MaxValue)
        {
            errors.Add($"{path} must fit into 32 bits.");
        }
    }

    private static bool IsInteger(JsonElement value) => value.TryGetInt64(out _) || value.TryGetUInt64(out _);

    private bool AllowsNull(JsonElement schema)
    {
        schema = description.Resolve(schema);
        return (schema.TryGetProperty("nullable", out var nullable) && nullable.GetBoolean())
            || ((string[])["anyOf", "oneOf"]).Any(word => schema.TryGetProperty(word, out var options) && options.EnumerateArray().Any(AllowsNull));
    }

    // With allOf each part knows only its own fields: a field is unknown when none of them has it.
    private HashSet<string>? Named(JsonElement schema)
    {
        schema = description.Resolve(schema);
        if (!schema.TryGetProperty("allOf", out var all))
        {
            return null;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in all.EnumerateArray().Append(schema))
        {
            if (description.Resolve(part).TryGetProperty("properties", out var properties))
            {
                names.UnionWith(properties.EnumerateObject().Select(static p => p.Name));
            }
        }

        return names;
    }
}
