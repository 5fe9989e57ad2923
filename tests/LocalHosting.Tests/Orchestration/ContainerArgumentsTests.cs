using Aspire.Hosting.Orchestration.Containers;

namespace LocalHosting.Tests.Orchestration;

public class ContainerArgumentsTests
{
    private static readonly ContainerSpecification Postgres = new()
    {
        Name = "postgres-1a2b",
        Image = "docker.io/library/postgres:18.3",
        Environment = new Dictionary<string, string> { ["POSTGRES_PASSWORD"] = "se=cret", ["POSTGRES_USER"] = "postgres" },
        Ports = [new ContainerPort(40001, 5432)],
        Mounts = [new ContainerMount(IsVolume: true, "apphost-postgres-data", "/var/lib/postgresql", IsReadOnly: false)],
        Labels = new Dictionary<string, string> { ["ragplatform.run"] = "r1", ["ragplatform.application"] = "a1" },
    };

    [Fact]
    public void A_container_of_the_session_is_removed_published_on_loopback_and_labelled() => Assert.Equal(
        [
            "run", "--name", "postgres-1a2b", "--rm", "--env-file", "/run/env",
            "--label", "ragplatform.application=a1", "--label", "ragplatform.run=r1",
            "--publish", "127.0.0.1:40001:5432",
            "--mount", "type=volume,source=apphost-postgres-data,target=/var/lib/postgresql",
            "docker.io/library/postgres:18.3",
        ],
        ContainerArguments.Run(Postgres, "/run/env"));

    [Fact]
    public void Docker_is_told_the_name_of_the_host() => Assert.Contains(
        "--add-host host.docker.internal:host-gateway", string.Join(' ', ContainerArguments.Run(Postgres with { NeedsHostName = true }, "/run/env")), StringComparison.Ordinal);

    [Fact]
    public void A_persistent_one_is_detached_and_kept()
    {
        var arguments = ContainerArguments.Run(Postgres with { Persistent = true }, "/run/env");
        Assert.Contains("--detach", arguments);
        Assert.DoesNotContain("--rm", arguments);
    }

    [Fact]
    public void Entrypoint_stands_before_the_image_and_arguments_after_it()
    {
        var arguments = ContainerArguments.Run(Postgres with { Entrypoint = "/bin/sh", Arguments = ["-c", "exec x $PASSWORD"] }, "/run/env");
        Assert.Equal(["--entrypoint", "/bin/sh", Postgres.Image, "-c", "exec x $PASSWORD"], arguments.TakeLast(5));
    }

    [Fact]
    public void Mounts_are_quoted_where_a_path_has_a_comma()
    {
        var mount = new ContainerMount(IsVolume: false, "/data,old", "/data", IsReadOnly: true);
        Assert.Contains("type=bind,\"source=/data,old\",target=/data,readonly", ContainerArguments.Run(Postgres with { Mounts = [mount] }, "/run/env"));
    }

    [Fact]
    public void Secrets_stand_in_the_file_and_nowhere_in_the_arguments()
    {
        Assert.DoesNotContain(ContainerArguments.Run(Postgres, "/run/env"), argument => argument.Contains("se=cret", StringComparison.Ordinal));
        Assert.Equal("POSTGRES_PASSWORD=se=cret\nPOSTGRES_USER=postgres\n", ContainerArguments.EnvironmentFile(Postgres.Environment));
    }

    [Fact]
    public void A_value_with_a_line_break_is_refused_without_showing_it()
    {
        var error = Assert.Throws<DistributedApplicationException>(
            () => ContainerArguments.EnvironmentFile(new Dictionary<string, string> { ["KEY"] = "one\nPOSTGRES_USER=evil" }));
        Assert.Contains("'KEY'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", error.Message, StringComparison.Ordinal);
    }
}
