namespace LocalHosting.Tests.Manifest;

internal static class Snapshot
{
    public static string Read(string name)
    {
        using var stream = typeof(Snapshot).Assembly.GetManifestResourceStream($"LocalHosting.Tests.Manifest.{name}")
            ?? throw new FileNotFoundException($"The test project has no '{name}'.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings(Environment.NewLine).TrimEnd();
    }
}
