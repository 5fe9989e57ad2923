using System.Text.Json;
using System.Text.Json.Serialization;
using Rag.Cli.Prerequisites;

namespace Rag.Cli;

/// <summary>Everything that <c>--json</c> prints, generated at build time: reflection would double the start time of a command.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
internal sealed partial class CliJson : JsonSerializerContext;
