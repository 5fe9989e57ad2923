namespace LocalHosting.Tests.Model;

/// <summary>Models that cannot work are refused, with words that help.</summary>
public sealed class RulesTests
{
    [Theory]
    [InlineData("", "between 1 and 64 characters")]
    [InlineData("1st", "must start with an ASCII letter")]
    [InlineData("a_b", "only ASCII letters, digits, and hyphens")]
    [InlineData("größe", "only ASCII letters, digits, and hyphens")]
    [InlineData("a--b", "consecutive hyphens")]
    [InlineData("a-", "cannot end with a hyphen")]
    public void A_name_that_is_no_host_name(string name, string rule)
    {
        var error = Assert.Throws<ArgumentException>(() => TestAppHost.Run().AddContainer(name, "image"));

        Assert.Contains(rule, error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_taken_whatever_its_case()
    {
        var builder = TestAppHost.Run();
        builder.AddRedis("cache");

        var error = Assert.Throws<DistributedApplicationException>(() => builder.AddContainer("CACHE", "image"));

        Assert.Contains("'RedisResource' with that name already exists", error.Message, StringComparison.Ordinal);
        Assert.Contains("case-insensitive", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_in_a_circle_is_refused_with_the_way_around_it()
    {
        var builder = TestAppHost.Run();
        var a = builder.AddContainer("a", "image");
        var b = builder.AddContainer("b", "image").WaitFor(a);
        var c = builder.AddContainer("c", "image").WaitForStart(b);
        a.WaitForCompletion(c);

        var error = Assert.Throws<DistributedApplicationException>(() => builder.Build());

        Assert.Contains("'a' waits for 'c' waits for 'b' waits for 'a'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_for_oneself_or_ones_parent()
    {
        var builder = TestAppHost.Run();
        var app = builder.AddContainer("app", "image");

        Assert.Contains("cannot wait for itself", Assert.Throws<DistributedApplicationException>(() => app.WaitFor(app)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_for_a_database_waits_for_its_server_too()
    {
        var builder = TestAppHost.Run();
        var server = builder.AddPostgres("postgres");
        var db = server.AddDatabase("db");
        var app = builder.AddContainer("app", "image").WaitFor(db);

        Assert.Equal<IResource>([server.Resource, db.Resource], app.Resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource));
    }

    [Fact]
    public void A_health_check_needs_an_http_endpoint()
    {
        var builder = TestAppHost.Run();
        var none = builder.AddContainer("none", "image");
        var tcp = builder.AddContainer("tcp", "image").WithEndpoint(targetPort: 1, name: "raw");

        Assert.Contains("WithHttpEndpoint()", Assert.Throws<DistributedApplicationException>(() => none.WithHttpHealthCheck()).Message, StringComparison.Ordinal);
        Assert.Contains("is not an HTTP endpoint", Assert.Throws<DistributedApplicationException>(() => tcp.WithHttpHealthCheck(endpointName: "raw")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_that_is_not_there_is_answered_with_those_that_are()
    {
        var builder = TestAppHost.Run();
        var app = builder.AddContainer("app", "image").WithHttpEndpoint().WithEndpoint(name: "admin");

        var error = Assert.Throws<InvalidOperationException>(() => app.GetEndpoint("htpp").Scheme);

        Assert.Equal("The endpoint `htpp` is not defined for the resource `app`. Available endpoints: `http`, `admin`.", error.Message);
    }

    [Fact]
    public void Mounts_that_could_not_work()
    {
        var builder = TestAppHost.Run();
        var app = builder.AddContainer("app", "image");

        Assert.Throws<ArgumentException>(() => app.WithVolume(name: null, "/data", isReadOnly: true));
        Assert.Equal("/nowhere/AppHost/etc", app.WithBindMount("etc", "/etc/app").Resource.Annotations.OfType<ContainerMountAnnotation>().Single().Source);
    }

    [Theory]
    [InlineData("nginx", "nginx", null, null)]
    [InlineData("nginx:1.27", "nginx", "1.27", null)]
    [InlineData("localhost:5000/a/b", "localhost:5000/a/b", null, null)]
    [InlineData("localhost:5000/a/b:v1", "localhost:5000/a/b", "v1", null)]
    [InlineData("a/b@sha256:00ff", "a/b", null, "00ff")]
    public void Images_are_read_as_people_write_them(string text, string name, string? tag, string? digest) =>
        Assert.Equal(new ImageReference(name, tag, digest), ImageReference.Parse(text));

    [Fact]
    public void An_image_with_two_tags() => Assert.Throws<InvalidOperationException>(() => TestAppHost.Run().AddContainer("a", "b").WithImage("c:1", "2"));

    [Fact]
    public void An_unknown_operation_names_those_there_are()
    {
        var error = Assert.Throws<DistributedApplicationException>(() => TestAppHost.Create(["--operation", "dance"]));

        Assert.Equal("Invalid operation 'dance'. Valid operations are 'publish' or 'run'.", error.Message);
    }
}
