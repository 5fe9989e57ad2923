using Rag.Deploy.Writing;

namespace Rag.Deploy.Tests.Writing;

public sealed class TreeWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-tree-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_second_run_writes_only_what_changed_and_removes_what_is_no_longer_there()
    {
        TreeWriter.Write(Tree(("base/a.yaml", "1"), ("base/b.yaml", "1"), ("old/deep/c.yaml", "1")), _folder);

        var (written, removed) = TreeWriter.Write(Tree(("base/a.yaml", "1"), ("base/b.yaml", "2")), _folder);

        Assert.Equal(["base/b.yaml"], written);
        Assert.Equal(["old/deep/c.yaml"], removed);
        Assert.Equal("2", File.ReadAllText(Path.Combine(_folder, "base", "b.yaml")));
        Assert.False(Directory.Exists(Path.Combine(_folder, "old")));
    }

    [Fact]
    public void What_somebody_else_put_there_stays()
    {
        TreeWriter.Write(Tree(("overlays/dev/a.yaml", "1")), _folder);
        File.WriteAllText(Path.Combine(_folder, "overlays", "dev", "secrets.env"), "a=b");

        TreeWriter.Write(Tree(("base/a.yaml", "1")), _folder);

        Assert.Equal("a=b", File.ReadAllText(Path.Combine(_folder, "overlays", "dev", "secrets.env")));
        Assert.False(File.Exists(Path.Combine(_folder, "overlays", "dev", "a.yaml")));
    }

    [Fact]
    public void When_one_file_cannot_be_written_none_is()
    {
        TreeWriter.Write(Tree(("a.yaml", "1"), ("b.yaml", "1")), _folder);
        Directory.CreateDirectory(Path.Combine(_folder, "b.yaml.new"));

        Assert.ThrowsAny<Exception>(() => TreeWriter.Write(Tree(("a.yaml", "2"), ("b.yaml", "2"), ("c.yaml", "2")), _folder));

        Assert.Equal("1", File.ReadAllText(Path.Combine(_folder, "a.yaml")));
        Assert.Equal("1", File.ReadAllText(Path.Combine(_folder, "b.yaml")));
        Assert.False(File.Exists(Path.Combine(_folder, "c.yaml")));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.new"));
    }

    private static GeneratedTree Tree(params (string Path, string Text)[] files) => GeneratedTree.Of(files.Select(static f => KeyValuePair.Create(f.Path, f.Text)));
}
