using System.Runtime.Versioning;
using Rag.Cli.Up;

namespace Rag.Cli.Tests.Up;

/// <summary>Fetching through npm, with a stand-in for npm: the network is not the test's.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NpmToolTests : IDisposable
{
    private static readonly NpmTool Tool = new("a tool", "@scope/tool-linux-x64", "1.2.3", 1, "scripts/after.sh");

    private readonly TemporaryFolder _folder = new();

    private string Target => Path.Combine(_folder.Path, "tools", "tool");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_package_arrives_whole_with_its_script_run_once_and_no_other()
    {
        var npm = Script("npm", """
            echo "$@" > "$(dirname "$0")/arguments"
            while [ "$1" != --prefix ]; do shift; done
            p="$2/node_modules/@scope/tool-linux-x64"; mkdir -p "$p/bin" "$p/scripts"
            echo program > "$p/bin/tool"; echo 'touch hydrated' > "$p/scripts/after.sh"
            """);
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "old"), "");

        Assert.Null(await Tool.FetchAsync(Target, npm, "/bin/sh", CancellationToken.None));

        Assert.True(File.Exists(Path.Combine(Target, "bin", "tool")));
        Assert.True(File.Exists(Path.Combine(Target, "hydrated")));
        Assert.False(File.Exists(Path.Combine(Target, "old")));
        var arguments = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "arguments"));
        Assert.Contains("@scope/tool-linux-x64@1.2.3", arguments, StringComparison.Ordinal);
        Assert.Contains("--ignore-scripts", arguments, StringComparison.Ordinal);
        Assert.Equal([Target], Directory.GetFileSystemEntries(Path.GetDirectoryName(Target)!));
    }

    [Fact]
    public async Task A_failed_download_is_told_and_leaves_nothing_behind()
    {
        var npm = Script("npm", "echo 'npm error network is away' >&2; exit 1");
        Assert.Equal("npm error network is away", await Tool.FetchAsync(Target, npm, "/bin/sh", CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(Target)!));
    }

    [Fact]
    public async Task A_script_that_fails_leaves_no_half_made_tool()
    {
        var npm = Script("npm", """
            while [ "$1" != --prefix ]; do shift; done
            p="$2/node_modules/@scope/tool-linux-x64"; mkdir -p "$p/scripts"; echo 'echo broken >&2; exit 3' > "$p/scripts/after.sh"
            """);
        Assert.Contains("broken", await Tool.FetchAsync(Target, npm, "/bin/sh", CancellationToken.None), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Target));
    }

    private string Script(string name, string body)
    {
        var path = _folder.File(name, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
