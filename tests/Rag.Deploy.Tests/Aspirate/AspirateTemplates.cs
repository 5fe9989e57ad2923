using System.Collections.Concurrent;
using System.Text.Json;
using HandlebarsDotNet;
using Rag.Testing;

namespace Rag.Deploy.Tests.Aspirate;

/// <summary>Our templates, rendered by the library that aspirate renders with, with its settings: as they come.</summary>
internal static class AspirateTemplates
{
    private static readonly ConcurrentDictionary<string, HandlebarsTemplate<object, object>> Compiled = new(StringComparer.Ordinal);

    /// <summary>The settings that aspirate reads in AppHost's folder.</summary>
    public static string Settings { get; } = Path.Combine(Repository.Root, "AppHost", "aspirate.json");

    /// <summary>The folder that they name, seen from AppHost's, where the tool is run.</summary>
    public static string Folder { get; } = Path.GetFullPath(
        JsonDocument.Parse(File.ReadAllText(Settings)).RootElement.GetProperty("TemplatePath").GetString()!, Path.GetDirectoryName(Settings)!);

    public static string Render(string template, AspirateModel model) =>
        Compiled.GetOrAdd(template, static name => Handlebars.Create().Compile(File.ReadAllText(Path.Combine(Folder, $"{name}.hbs"))))(model);
}
