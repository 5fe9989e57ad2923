using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Deploy.Values;

/// <summary>
/// The JSON schema of the values, out of the same types and attributes that the reader binds: an editor that knows the schema and
/// <c>rag generate</c> cannot disagree.
/// </summary>
public static class ValuesSchema
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The schema as text.</summary>
    public static string Text()
    {
        var root = Of(typeof(DeployValues));
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = "Values of 'rag generate'" };
        foreach (var (name, value) in root)
        {
            schema[name] = value?.DeepClone();
        }

        return schema.ToJsonString(Layout) + "\n";
    }

    private static JsonObject Of(Type type)
    {
        var standard = Activator.CreateInstance(type);
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in ValuesBinder.Properties(type))
        {
            properties[ValuesBinder.Key(property)] = Of(property, property.GetValue(standard));
            if (property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)))
            {
                required.Add(ValuesBinder.Key(property));
            }
        }

        var schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (required.Count > 0)
        {
            schema["required"] = required;
        }

        return schema;
    }

    private static JsonObject Of(PropertyInfo property, object? standard)
    {
        var schema = OfType(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, valuesMayBeNull: property.Name == nameof(ServiceValues.Env));
        foreach (var attribute in property.GetCustomAttributes())
        {
            Restrict(schema, attribute);
        }

        if (ValuesBinder.IsNullable(property))
        {
            // An enumeration that allows nothing else would refuse the null that the type allows.
            schema = new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        }

        if (property.GetCustomAttribute<DescriptionAttribute>() is { } description)
        {
            schema.Insert(0, "description", description.Description);
        }

        if (standard is string or int or bool or Enum)
        {
            schema["default"] = standard is Enum ? ValuesBinder.EnumText(standard) : JsonSerializer.SerializeToNode(standard, standard.GetType());
        }

        return schema;
    }

    private static JsonObject OfType(Type type, bool valuesMayBeNull)
    {
        if (type == typeof(string))
        {
            return new JsonObject { ["type"] = "string" };
        }

        if (type == typeof(int))
        {
            return new JsonObject { ["type"] = "integer" };
        }

        if (type == typeof(bool))
        {
            return new JsonObject { ["type"] = "boolean" };
        }

        if (type.IsEnum)
        {
            return new JsonObject { ["enum"] = new JsonArray([.. ValuesBinder.EnumTexts(type).Select(static text => (JsonNode)text)]) };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return new JsonObject { ["type"] = "array", ["items"] = OfType(type.GetGenericArguments()[0], valuesMayBeNull: false) };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(OrderedDictionary<,>))
        {
            var value = OfType(type.GetGenericArguments()[1], valuesMayBeNull: false);
            return new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = valuesMayBeNull ? new JsonObject { ["anyOf"] = new JsonArray(value, new JsonObject { ["type"] = "null" }) } : value,
            };
        }

        return Of(type);
    }

    // What is said of a list or a map is meant of each of its values.
    private static void Restrict(JsonObject schema, Attribute attribute)
    {
        if ((schema["items"] ?? schema["additionalProperties"]) is JsonObject each)
        {
            Restrict(each, attribute);
            return;
        }

        switch (attribute)
        {
            case RangeAttribute range:
                schema["minimum"] = (int)range.Minimum;
                schema["maximum"] = (int)range.Maximum;
                break;
            case RegularExpressionAttribute pattern:
                schema["pattern"] = $"^(?:{pattern.Pattern})$";
                break;
            case AllowedValuesAttribute allowed:
                schema["enum"] = new JsonArray([.. allowed.Values.Select(static value => JsonValue.Create((string?)value))]);
                break;
        }
    }
}
