using Aspire.Hosting.Orchestration.Infrastructure;

namespace LocalHosting.Tests.Orchestration;

public sealed class InfrastructureChoiceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(null, null, null, "Native", "no container runtime answers")]
    [InlineData(null, null, "docker", "Containers", "docker answers")]
    [InlineData("native", null, "docker", "Native", "Infrastructure says so")]
    [InlineData(null, "native", "docker", "Native", "an earlier start")]
    [InlineData("Containers", "containers", "podman", "Containers", "Infrastructure says so")]
    public void The_choice_and_its_reason(string? configured, string? recorded, string? runtime, string expected, string reason)
    {
        var choice = InfrastructureChoice.Decide(InfrastructureChoice.Parse(configured), InfrastructureChoice.Parse(recorded), runtime, []);
        Assert.Equal(expected, choice.Kind.ToString());
        Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_is_never_left_behind_unseen()
    {
        var error = Assert.Throws<DistributedApplicationException>(
            () => InfrastructureChoice.Decide(InfrastructureKind.Containers, InfrastructureKind.Native, "docker", []));
        Assert.Contains("./rag backup", error.Message, StringComparison.Ordinal);
        Assert.Contains("./rag restore", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recorded_containers_do_not_become_empty_native_servers_when_docker_is_down()
    {
        var error = Assert.Throws<DistributedApplicationException>(() => InfrastructureChoice.Decide(null, InfrastructureKind.Containers, null, []));
        Assert.Contains("Start the container runtime", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_programs_are_listed()
    {
        var error = Assert.Throws<DistributedApplicationException>(
            () => InfrastructureChoice.Decide(null, null, null, ["PostgreSQL is not installed (package 'postgresql')"]));
        Assert.Contains("package 'postgresql'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_typing_error_is_answered_with_what_is_allowed() =>
        Assert.Contains("'containers' or 'native'", Assert.Throws<DistributedApplicationException>(() => InfrastructureChoice.Parse("docker")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_start_whose_servers_never_came_up_binds_nobody()
    {
        new InfrastructureRecord(InfrastructureKind.Containers) { Ready = false, Runtime = "docker" }.Write(_directory.Path);
        var read = InfrastructureRecord.Read(_directory.Path)!;
        Assert.Null(read.BindingKind);
        Assert.Equal(InfrastructureKind.Native, InfrastructureChoice.Decide(InfrastructureKind.Native, read.BindingKind, null, []).Kind);

        (read with { Ready = true }).Write(_directory.Path);
        Assert.Equal(InfrastructureKind.Containers, InfrastructureRecord.Read(_directory.Path)!.BindingKind);
        Assert.Equal("docker", InfrastructureRecord.Read(_directory.Path)!.BindingRuntime);
    }

    [Fact]
    public void What_is_recorded_is_read_back()
    {
        Assert.Null(InfrastructureRecord.Read(_directory.Path));
        new InfrastructureRecord(InfrastructureKind.Native).With("postgres", new ServerRecord("/data/postgres", 15)).Write(_directory.Path);

        var read = InfrastructureRecord.Read(_directory.Path);
        Assert.Equal(InfrastructureKind.Native, read?.Kind);
        Assert.Equal(new ServerRecord("/data/postgres", 15), read?.Servers["postgres"]);
    }
}
