using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Processes;
using Npgsql;

namespace LocalHosting.Tests.Orchestration;

/// <summary>An app host as a process of its own: how it ends, how it is killed, how it starts again.</summary>
public sealed class HostProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<Host> _hosts = [];

    public void Dispose()
    {
        _hosts.ForEach(host => host.Dispose());
        _directory.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(2)]
    public async Task A_host_that_gets_a_signal_ends_everything_in_order_and_leaves_no_record(int signal)
    {
        var host = await StartAsync();
        var children = host.Children();
        Assert.Equal(3, children.Count);

        Signals.Send(host.Process.Id, (StopSignal)signal);
        await host.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(0, host.Process.ExitCode);
        Assert.All(children, child => Assert.False(child.IsAlive()));
        Assert.Equal(["outer", "inner"], await File.ReadAllLinesAsync(Order));
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(State, "run")));
    }

    [Fact]
    public async Task What_a_killed_host_leaves_is_ended_by_the_next_start_which_finds_the_data()
    {
        var first = await StartAsync();
        await using (var connection = new NpgsqlConnection(first.ConnectionString + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("create table kept as select 42 as answer", connection);
            await command.ExecuteNonQueryAsync();
        }

        var children = first.Children();
        Signals.Send(first.Process.Id, StopSignal.Kill);
        await first.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.All(children, child => Assert.True(child.IsAlive()));

        var second = await StartAsync();
        Assert.All(children, child => Assert.False(child.IsAlive()));
        Assert.Contains(second.Lines, line => line.Contains("'postgres'", StringComparison.Ordinal) && line.Contains("left over", StringComparison.Ordinal));
        await using (var connection = new NpgsqlConnection(second.ConnectionString + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("select answer from kept", connection);
            Assert.Equal(42, await command.ExecuteScalarAsync());
        }
    }

    [Fact]
    public async Task A_second_host_on_the_same_data_is_refused_in_one_line()
    {
        var first = await StartAsync();
        var volatileData = StateDirectory.At(State).VolatileDataOf("cache", "of-the-first");
        Directory.CreateDirectory(volatileData);
        var second = Start();
        await second.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, second.Process.ExitCode);
        await Eventually.TrueAsync(() => !second.Lines.IsEmpty, "the message");
        Assert.Contains($"already runs (process {first.Process.Id})", Assert.Single(second.Lines), StringComparison.Ordinal);
        Assert.All(first.Children(), child => Assert.True(child.IsAlive()));
        // What ends with the first one's run is not the second one's to remove.
        Assert.True(Directory.Exists(volatileData));
        Directory.Delete(Path.GetDirectoryName(volatileData)!, recursive: true);
        Assert.Equal(InfrastructureKind.Native, InfrastructureRecord.Read(State)?.BindingKind);
    }

    [Fact]
    public void Only_one_holds_the_lock_of_a_directory()
    {
        using (HostLock.TryTake(_directory.Path))
        {
            Assert.Null(HostLock.TryTake(_directory.Path));
        }

        using var next = HostLock.TryTake(_directory.Path);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task What_a_killed_host_left_in_a_temporary_directory_is_ended_by_any_later_start()
    {
        var first = await StartAsync("TemporaryState=true");
        var children = first.Children();
        Signals.Send(first.Process.Id, StopSignal.Kill);
        await first.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        await StartAsync("TemporaryState=true");
        Assert.All(children, child => Assert.False(child.IsAlive()));
        Assert.Single(Directory.EnumerateDirectories(_directory.Path, "apphost-*"));
    }

    private string State => Path.Combine(_directory.Path, "state");

    private string Order => Path.Combine(_directory.Path, "order");

    private async Task<Host> StartAsync(params string[] arguments)
    {
        var host = Start(arguments);
        await Eventually.TrueAsync(
            () => host.ConnectionString is not null || host.Process.HasExited,
            "the host is up",
            seconds: 60);
        Assert.False(host.Process.HasExited, string.Join('\n', host.Lines));
        return host;
    }

    private Host Start(params string[] arguments)
    {
        // Shells give what they start in the background a SIGINT that is ignored, and so would everything below this test.
        var start = new ProcessStartInfo(
            "env",
            [
                "--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "LocalHosting.TestHost.dll"),
                $"StateDirectory={State}", $"ORDER={Order}", "Infrastructure=native", "Dashboard=false",
                // Not kept in user secrets, so given.
                "Parameters:postgres-password=not-generated",
                .. arguments,
            ])
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Its temporary directories, and its list of them, are this test's alone.
        start.Environment["TMPDIR"] = _directory.Path;
        start.Environment["XDG_DATA_HOME"] = Path.Combine(_directory.Path, "data");
        var host = new Host(start);
        _hosts.Add(host);
        return host;
    }

    private sealed class Host : IDisposable
    {
        private const string Ready = "ready ";

        public Host(ProcessStartInfo start)
        {
            Process = Process.Start(start)!;
            Process.OutputDataReceived += (_, e) => Add(e.Data);
            Process.ErrorDataReceived += (_, e) => Add(e.Data);
            Process.BeginOutputReadLine();
            Process.BeginErrorReadLine();
        }

        public Process Process { get; }

        public ConcurrentQueue<string> Lines { get; } = new();

        public string? ConnectionString => Lines.FirstOrDefault(line => line.StartsWith(Ready, StringComparison.Ordinal))?[Ready.Length..];

        public List<ProcessIdentity> Children() =>
        [
            // A child belongs to the thread that started it.
            .. Directory.EnumerateDirectories($"/proc/{Process.Id}/task")
                .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(id => ProcessIdentity.Of(int.Parse(id, CultureInfo.InvariantCulture)))
                .OfType<ProcessIdentity>(),
        ];

        public void Dispose()
        {
            Process.Kill(entireProcessTree: true);
            Process.Dispose();
        }

        private void Add(string? line)
        {
            if (line is not null)
            {
                Lines.Enqueue(line);
            }
        }
    }
}
