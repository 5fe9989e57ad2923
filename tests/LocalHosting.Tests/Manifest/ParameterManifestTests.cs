using System.Text.Json;
using LocalHosting.Tests.Model;

namespace LocalHosting.Tests.Manifest;

public sealed class ParameterManifestTests
{
    [Fact]
    public async Task Defaults_are_written_as_values_or_recipes_and_never_a_value_that_is_not_published()
    {
        var builder = TestAppHost.Publish();
        builder.AddParameter("plain");
        builder.AddParameter("hidden", "from the model");
        builder.AddParameter("shown", "from <the> model", publishValueAsDefault: true);
        builder.AddParameter("recipe", new GenerateParameterDefault { MinLength = 30, Special = false, MinUpper = 2 }, secret: true, persist: true);
        builder.AddParameterFromConfiguration("configured", "Some:Key", secret: true);
        builder.AddConnectionString("outside");
        builder.AddConnectionString("renamed", "MY_DB");

        Assert.Equal(
            """
            {
              "resources": {
                "plain": {
                  "type": "parameter.v0",
                  "value": "{plain.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string"
                    }
                  }
                },
                "hidden": {
                  "type": "parameter.v0",
                  "value": "{hidden.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string"
                    }
                  }
                },
                "shown": {
                  "type": "parameter.v0",
                  "value": "{shown.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "default": {
                        "value": "from \u003Cthe\u003E model"
                      }
                    }
                  }
                },
                "recipe": {
                  "type": "parameter.v0",
                  "value": "{recipe.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true,
                      "default": {
                        "generate": {
                          "minLength": 30,
                          "special": false,
                          "minUpper": 2
                        }
                      }
                    }
                  }
                },
                "configured": {
                  "type": "parameter.v0",
                  "value": "{configured.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true
                    }
                  }
                },
                "outside": {
                  "type": "parameter.v0",
                  "connectionString": "{outside.value}",
                  "value": "{outside.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true
                    }
                  }
                },
                "renamed": {
                  "type": "parameter.v0",
                  "connectionString": "{renamed.value}",
                  "value": "{renamed.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true
                    }
                  }
                }
              }
            }
            """,
            await TestAppHost.ManifestAsync(builder));
    }

    [Fact]
    public async Task Connection_strings_are_referred_to_and_composed_ones_are_values()
    {
        var builder = TestAppHost.Publish();
        var outside = builder.AddConnectionString("outside");
        var renamed = builder.AddConnectionString("renamed", "MY_DB");
        var host = builder.AddParameter("host");
        var key = builder.AddParameter("key", secret: true);
        var composed = builder.AddConnectionString("composed", ReferenceExpression.Create($"Endpoint=https://{host}/{{v1}};Key={key:uri}"));
        builder.AddContainer("app", "app").WithReference(outside).WithReference(renamed).WithReference(composed, connectionName: "Other Name");

        var resources = await Json.ResourcesAsync(builder);

        Assert.Equal("""{"type":"value.v0","connectionString":"Endpoint=https://{host.value}/{v1};Key={key-uri-encoded.value}"}""", Plain(resources["composed"]!));
        Assert.Equal("""{"type":"annotated.string","value":"{key.value}","filter":"uri"}""", Plain(resources["key-uri-encoded"]!));
        Assert.Equal(
            """{"ConnectionStrings__outside":"{outside.connectionString}","MY_DB":"{renamed.connectionString}","ConnectionStrings__Other Name":"{composed.connectionString}"}""",
            Plain(resources["app"]!["env"]!));
        Assert.Equal(["outside", "renamed", "host", "key", "composed", "app", "key-uri-encoded"], resources.Select(resource => resource.Key));
    }

    [Fact]
    public async Task The_encoded_form_of_a_parameter_gets_a_free_name()
    {
        var builder = TestAppHost.Publish();
        var key = builder.AddParameter("key");
        builder.AddParameter("key-uri-encoded");
        builder.AddContainer("app", "app").WithEnvironment("URL", $"https://example.com/{key:uri}");

        var resources = await Json.ResourcesAsync(builder);

        Assert.Equal("https://example.com/{key-uri-encoded-1.value}", (string)resources["app"]!["env"]!["URL"]!);
        Assert.Equal("annotated.string", (string)resources["key-uri-encoded-1"]!["type"]!);
    }

    [Fact]
    public async Task An_executable_and_what_is_excluded()
    {
        var builder = TestAppHost.Publish();
        var excluded = builder.AddContainer("tool", "tool").ExcludeFromManifest();
        builder.AddExecutable("site", "npm", "../site", "run", "dev").WithHttpEndpoint(targetPort: 3000, env: "PORT").WithArgs(excluded.Resource.Name);

        Assert.Equal(
            """
            {
              "resources": {
                "site": {
                  "type": "executable.v0",
                  "workingDirectory": "../site",
                  "command": "npm",
                  "args": [
                    "run",
                    "dev",
                    "tool"
                  ],
                  "env": {
                    "PORT": "{site.bindings.http.targetPort}"
                  },
                  "bindings": {
                    "http": {
                      "scheme": "http",
                      "protocol": "tcp",
                      "transport": "http",
                      "targetPort": 3000
                    }
                  }
                }
              }
            }
            """,
            await TestAppHost.ManifestAsync(builder));
    }

    private static string Plain(System.Text.Json.Nodes.JsonNode node) => JsonSerializer.Serialize(node);
}
