using System.Text.Json;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Values;

public sealed class ValuesSchemaTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(ValuesSchema.Text()).RootElement;

    [Fact]
    public void Keys_that_are_not_known_are_refused_at_every_level() =>
        Assert.All(Objects(Schema), static schema => Assert.True(schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind is JsonValueKind.False or JsonValueKind.Object));

    [Fact]
    public void Every_key_says_what_it_is_for() => Assert.All(
        Objects(Schema).Where(static schema => schema.TryGetProperty("properties", out _)).SelectMany(static schema => schema.GetProperty("properties").EnumerateObject()),
        static property => Assert.True(property.Value.TryGetProperty("description", out var text) && text.GetString()!.Length > 10, property.Name));

    [Fact]
    public void Ranges_patterns_words_and_defaults_are_those_of_the_reader()
    {
        var properties = Schema.GetProperty("properties");
        var service = properties.GetProperty("services").GetProperty("additionalProperties").GetProperty("properties");

        Assert.Equal("ragplatform", properties.GetProperty("name").GetProperty("default").GetString());
        Assert.Equal(1000, service.GetProperty("replicas").GetProperty("anyOf")[0].GetProperty("maximum").GetInt32());
        Assert.Equal(
            ["IfNotPresent", "Always", "Never"],
            properties.GetProperty("images").GetProperty("properties").GetProperty("pullPolicy").GetProperty("enum").EnumerateArray().Select(static word => word.GetString()));
        Assert.StartsWith("^(?:", properties.GetProperty("version").GetProperty("pattern").GetString(), StringComparison.Ordinal);
    }

    private static IEnumerable<JsonElement> Objects(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Array)
        {
            return schema.EnumerateArray().SelectMany(Objects);
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        var inner = schema.EnumerateObject().SelectMany(static property => Objects(property.Value));
        return schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "object" ? inner.Prepend(schema) : inner;
    }
}
