using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rag.Deploy.Kubernetes;

/// <summary>A number, or a text such as the name of a port or a share (<c>50%</c>): the API tells them apart.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    private readonly int _number;
    private readonly string? _text;

    private IntOrString(int number, string? text) => (_number, _text) = (number, text);

    /// <summary>A number.</summary>
    public static implicit operator IntOrString(int number) => new(number, text: null);

    /// <summary>A text.</summary>
    public static implicit operator IntOrString(string text) => new(number: 0, text);

    /// <summary>The number; null where it is a text.</summary>
    public int? Number => _text is null ? _number : null;

    /// <inheritdoc/>
    public override string ToString() => _text ?? _number.ToString(CultureInfo.InvariantCulture);

    private sealed class IntOrStringConverter : JsonConverter<IntOrString>
    {
        public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : reader.GetString() ?? throw new JsonException("Neither a number nor a text.");

        public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
        {
            if (value.Number is { } number)
            {
                writer.WriteNumberValue(number);
            }
            else
            {
                writer.WriteStringValue(value.ToString());
            }
        }
    }
}
