using System.Text;
using Rag.Deploy.AppModel;

namespace Rag.Deploy.Tests;

/// <summary>App models for tests: whole ones from files, small ones from text.</summary>
internal static class TestManifest
{
    public static AppManifest Platform => ManifestReader.ReadFile(Path.Combine(AppContext.BaseDirectory, "Manifests", "ragplatform.json"));

    public static AppManifest Of(string resources) => ManifestReader.Read("app.json", Encoding.UTF8.GetBytes($$"""{ "resources": {{{resources}}} }"""));
}
