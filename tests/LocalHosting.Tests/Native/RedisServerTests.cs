using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Processes;
using LocalHosting.Tests.Orchestration;

namespace LocalHosting.Tests.Native;

public sealed class RedisServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_serves_who_knows_the_password_which_only_its_own_file_holds()
    {
        var options = new RedisServerOptions
        {
            Program = RedisServer.Find() ?? throw new InvalidOperationException("Neither redis-server nor valkey-server is installed."),
            DataDirectory = Path.Combine(_directory.Path, "cache"),
            Port = FreePort.Next(),
            Password = "a \"quoted\" \\ pässword",
        };
        var specification = await RedisServer.PrepareAsync(options, CancellationToken.None);
        await using var server = ChildProcess.Start(specification, records: null, (_, _) => { });
        var deadline = DateTime.UtcNow.AddSeconds(15);
        while (await RedisPing.AskAsync("127.0.0.1", options.Port, options.Password, CancellationToken.None) is { } problem)
        {
            Assert.True(DateTime.UtcNow < deadline, problem);
            Assert.False(server.Completion.IsCompleted);
            await Task.Delay(20);
        }

        Assert.Contains("NOAUTH", await RedisPing.AskAsync("127.0.0.1", options.Port, null, CancellationToken.None), StringComparison.Ordinal);
        Assert.Contains("WRONGPASS", await RedisPing.AskAsync("127.0.0.1", options.Port, "wrong", CancellationToken.None), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            var mode = File.GetUnixFileMode(Path.Combine(options.DataDirectory, "redis.conf"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        }

        var commandLine = await File.ReadAllTextAsync($"/proc/{server.ProcessId}/cmdline") + string.Join(' ', specification.Arguments);
        Assert.DoesNotContain("quoted", commandLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so() =>
        Assert.NotNull(await RedisPing.AskAsync("127.0.0.1", FreePort.Next(), null, CancellationToken.None));
}
