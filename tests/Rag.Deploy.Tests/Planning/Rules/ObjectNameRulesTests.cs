using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning.Rules;

/// <summary>Names that Aspire allows and Kubernetes does not, and names that the platform has already.</summary>
public sealed class ObjectNameRulesTests
{
    private const string Password = """ "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "generate": { "minLength": 22 } } } } } """;
    private const string Http = """ "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 8080 } } """;

    [Fact]
    public void A_name_that_is_too_long_for_a_label_of_DNS_is_refused_with_its_limit()
    {
        Assert.Empty(Faults(Web(new string('a', 63))));

        var fault = Assert.Single(Faults(Web(new string('a', 64))));

        Assert.StartsWith($"app.json: resource '{new string('a', 64)}': Kubernetes does not take ", fault, StringComparison.Ordinal);
        Assert.Contains($"Service '{new string('a', 64)}' (64 characters, allowed are 63)", fault, StringComparison.Ordinal);
        Assert.Contains("the label app.kubernetes.io/name '", fault, StringComparison.Ordinal);
        Assert.Contains($"the container '{new string('a', 64)}' (64 characters, allowed are 63)", fault, StringComparison.Ordinal);
        Assert.EndsWith("Rename it in the app host: its name has 64 characters, and 63 leave room for what is added.", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(52, 0)]
    [InlineData(53, 1)]
    public void What_keeps_something_needs_room_for_the_revision_of_its_pods(int length, int faults)
    {
        var name = new string('a', length);

        var found = Faults($$""" "{{name}}": { "type": "container.v0", "image": "a:1", "volumes": [ { "name": "d", "target": "/d" } ] } """);

        Assert.Equal(faults, found.Count);
        Assert.All(found, fault => Assert.Contains($"resource '{name}': Kubernetes does not take StatefulSet '{name}' (53 characters, allowed are 52).", fault, StringComparison.Ordinal));
        Assert.All(found, static fault => Assert.Contains("and 52 leave room", fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(44, 0)]
    [InlineData(46, 1)]
    public void What_is_added_to_a_name_counts(int length, int faults)
    {
        var name = new string('p', length);

        var found = Faults(Postgres(name), $"stores: {{ {name}: {{ backup: {{}} }} }}");

        Assert.Equal(faults, found.Count);
        Assert.All(found, fault => Assert.Contains($"CronJob '{name}-backup' (53 characters, allowed are 52); CronJob '{name}-restore' (54 characters, allowed are 52).", fault, StringComparison.Ordinal));
        Assert.All(found, static fault => Assert.Contains("its name has 46 characters, and 44 leave room", fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("otel-collector", "monitoring: { mode: operator }", "Service/otel-collector")]
    [InlineData("default-deny", "network: { policies: true }", "NetworkPolicy/default-deny")]
    [InlineData("pg-backup", "stores: { pg: { backup: {} } }", "/pg-backup")]
    [InlineData("kept-headless", "name: shop", "Service/kept-headless itself for 'kept'")]
    [InlineData("kustomization", "name: shop", "kustomization.yaml")]
    public void A_name_that_the_platform_has_is_said_to_be_its_own(string name, string values, string part)
    {
        var kept = $$""" "kept": { "type": "container.v0", "image": "a:1", {{Http}}, "volumes": [ { "name": "d", "target": "/d" } ] } """;

        var fault = Assert.Single(Faults($"{Web(name)}, {kept}, {Postgres("pg")}", values));

        Assert.StartsWith($"app.json: resource '{name}': its name belongs to the platform", fault, StringComparison.Ordinal);
        Assert.Contains(part, fault, StringComparison.Ordinal);
        Assert.EndsWith("Rename it in the app host.", fault, StringComparison.Ordinal);
    }

    private static string Web(string name) => $$""" "{{name}}": { "type": "container.v0", "image": "a:1", {{Http}} } """;

    private static string Postgres(string name) => $$"""
        {{Password}},
        "{{name}}": { "type": "container.v0", "image": "postgres:17", "connectionString": "Host={{{name}}.bindings.tcp.host};Username=postgres;Password={pw.value}", "env": { "POSTGRES_PASSWORD": "{pw.value}" },
          "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } } }
        """;

    private static IReadOnlyList<string> Faults(string resources, string values = "name: shop")
    {
        try
        {
            Environments.Plan(TestManifest.Of(resources), ValuesReader.Read([("v.yaml", values)]));
            return [];
        }
        catch (ValuesException exception)
        {
            return exception.Faults;
        }
    }
}
