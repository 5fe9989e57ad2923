using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rag.Client;

internal static class ClientJson
{
    // Unknown fields are let through: an older client must be able to talk to a newer API.
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}
