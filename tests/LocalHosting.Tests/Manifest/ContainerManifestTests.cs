using LocalHosting.Tests.Model;

namespace LocalHosting.Tests.Manifest;

public sealed class ContainerManifestTests
{
    [Fact]
    public async Task Entrypoint_arguments_mounts_and_bindings_come_in_Aspires_order()
    {
        var builder = TestAppHost.Publish();
        var secret = builder.AddParameter("token", secret: true);
        builder.AddContainer("search", "registry.example.com:5000/team/search", "1.2")
            .WithEnvironment("TOKEN", secret)
            .WithVolume("search-data", "/data")
            .WithBindMount("config", "/etc/search", isReadOnly: true)
            .WithVolume("/tmp/cache")
            .WithHttpEndpoint(port: 9100, targetPort: 9200)
            .WithEndpoint(targetPort: 9300, name: "cluster", isExternal: true)
            .WithEntrypoint("/usr/bin/search")
            .WithArgs("--token", secret, "--depth", 3);

        Assert.Equal(
            """
            {
              "resources": {
                "token": {
                  "type": "parameter.v0",
                  "value": "{token.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true
                    }
                  }
                },
                "search": {
                  "type": "container.v0",
                  "image": "registry.example.com:5000/team/search:1.2",
                  "entrypoint": "/usr/bin/search",
                  "args": [
                    "--token",
                    "{token.value}",
                    "--depth",
                    "3"
                  ],
                  "bindMounts": [
                    {
                      "source": "config",
                      "target": "/etc/search",
                      "readOnly": true
                    }
                  ],
                  "volumes": [
                    {
                      "name": "search-data",
                      "target": "/data",
                      "readOnly": false
                    },
                    {
                      "target": "/tmp/cache",
                      "readOnly": false
                    }
                  ],
                  "env": {
                    "TOKEN": "{token.value}"
                  },
                  "bindings": {
                    "http": {
                      "scheme": "http",
                      "protocol": "tcp",
                      "transport": "http",
                      "port": 9100,
                      "targetPort": 9200
                    },
                    "cluster": {
                      "scheme": "tcp",
                      "protocol": "tcp",
                      "transport": "tcp",
                      "targetPort": 9300,
                      "external": true
                    }
                  }
                }
              }
            }
            """,
            await TestAppHost.ManifestAsync(builder));
    }

    [Fact]
    public async Task A_port_that_nobody_chose_is_counted_up_and_one_that_was_chosen_is_passed_over()
    {
        var builder = TestAppHost.Publish();
        builder.AddContainer("fixed", "a").WithHttpEndpoint(port: 8001);
        builder.AddContainer("first", "b").WithHttpEndpoint(env: "PORT");
        builder.AddContainer("second", "c").WithHttpEndpoint().WithEndpoint(name: "other");

        var resources = await Json.ResourcesAsync(builder);

        Assert.Equal(8001, (int)resources["fixed"]!["bindings"]!["http"]!["targetPort"]!);
        Assert.Null(resources["fixed"]!["bindings"]!["http"]!["port"]);
        Assert.Equal(8000, (int)resources["first"]!["bindings"]!["http"]!["targetPort"]!);
        Assert.Equal("{first.bindings.http.targetPort}", (string)resources["first"]!["env"]!["PORT"]!);
        Assert.Equal(8002, (int)resources["second"]!["bindings"]!["http"]!["targetPort"]!);
        Assert.Equal(8003, (int)resources["second"]!["bindings"]!["other"]!["targetPort"]!);
    }

    [Fact]
    public async Task An_image_by_digest_has_no_tag()
    {
        var builder = TestAppHost.Publish();
        builder.AddContainer("a", "redis@sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865");
        builder.AddContainer("b", "nginx").WithImageRegistry("docker.io");

        var resources = await Json.ResourcesAsync(builder);

        Assert.Equal("redis@sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865", (string)resources["a"]!["image"]!);
        Assert.Equal("docker.io/nginx:latest", (string)resources["b"]!["image"]!);
    }

    [Fact]
    public async Task A_Dockerfile_is_a_build_instead_of_an_image()
    {
        var builder = TestAppHost.Publish();
        var version = builder.AddParameter("version");
        builder.AddDockerfile("site", "../site", stage: "final").WithBuildArg("VERSION", version).WithBuildArg("FAST", true).WithBuildArg("HOME", (object?)null);

        Assert.Equal(
            """
            {
              "type": "container.v1",
              "build": {
                "context": "../site",
                "dockerfile": "../site/Dockerfile",
                "stage": "final",
                "args": {
                  "VERSION": "{version.value}",
                  "FAST": "true",
                  "HOME": null
                }
              }
            }
            """,
            (await Json.ResourcesAsync(builder))["site"]!.ToJsonString(Json.Indented));
    }

    [Fact]
    public async Task Redis_with_a_volume_saves_and_PostgreSQL_17_mounts_where_its_image_wants_it()
    {
        var builder = TestAppHost.Publish();
        builder.AddRedis("cache").WithDataVolume();
        builder.AddPostgres("postgres").WithImageTag("17.6").WithDataVolume("mine", isReadOnly: false);

        var resources = await Json.ResourcesAsync(builder);

        Assert.Equal("redis-server --requirepass $REDIS_PASSWORD --save 60 1", (string)resources["cache"]!["args"]![1]!);
        Assert.Equal("apphost-0000000000-cache-data", (string)resources["cache"]!["volumes"]![0]!["name"]!);
        Assert.Equal("/var/lib/postgresql/data", (string)resources["postgres"]!["volumes"]![0]!["target"]!);
        Assert.Equal("mine", (string)resources["postgres"]!["volumes"]![0]!["name"]!);
    }

    [Fact]
    public async Task Conditional_parts_are_named_after_their_condition_and_written_last()
    {
        var builder = TestAppHost.Publish();
        builder.AddRedis("rediscontainer");
        builder.AddRedis("other");

        var resources = await Json.ResourcesAsync(builder);

        Assert.Equal(
            ["rediscontainer", "other", "rediscontainer-password", "other-password"],
            resources.Select(resource => resource.Key).Take(4));
        var conditional = resources.Select(resource => resource.Key).Skip(4).ToArray();
        Assert.Equal(2, conditional.Length);
        Assert.Equal("cond-rediscontainer-bindings-tcp-tlsenabled-c16dc063", conditional[0]);
        Assert.StartsWith("cond-other-bindings-tcp-tlsenabled-", conditional[1], StringComparison.Ordinal);
    }
}
