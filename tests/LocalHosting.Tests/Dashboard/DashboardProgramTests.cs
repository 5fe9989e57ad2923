using System.Runtime.Versioning;
using Aspire.Hosting.Dashboard;
using LocalHosting.Tests.Orchestration;

namespace LocalHosting.Tests.Dashboard;

[UnsupportedOSPlatform("windows")]
public sealed class DashboardProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("echo 13.5.4+3f2a1b", true)]
    [InlineData("echo 9.3.1", false)]
    [InlineData("echo what", false)]
    [InlineData("echo 13.5.4; exit 1", false)]
    public async Task A_command_that_happens_to_be_there_is_asked_for_its_version(string script, bool usable) =>
        Assert.Equal(usable, await DashboardProgram.IsUsableAsync(Script("aspire", script), CancellationToken.None));

    [Fact]
    public async Task The_fetched_one_comes_first()
    {
        var fetched = Script("aspire/bin/aspire", "echo 13.5.4");
        Assert.Equal(fetched, DashboardProgram.Find(_directory.Path));
        Assert.Equal(fetched, await DashboardProgram.FindUsableAsync(_directory.Path, CancellationToken.None));
    }

    private string Script(string name, string body)
    {
        var path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
