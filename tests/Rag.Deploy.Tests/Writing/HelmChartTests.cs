using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;
using Rag.Deploy.Writing.Helm;
using Rag.Testing;

namespace Rag.Deploy.Tests.Writing;

/// <summary>The chart, rendered by the little of Helm that its templates use.</summary>
public sealed class HelmChartTests
{
    [Theory]
    [MemberData(nameof(Environments.Names), MemberType = typeof(Environments))]
    public void With_its_own_values_a_chart_renders_the_plan_of_its_environment(string name)
    {
        var plan = Environments.Plan(name);

        var rendered = Render(Chart(name), static values => values).ToDictionary(Identity);

        foreach (var expected in plan.Objects.Where(static planned => planned.Object is not Namespace).Select(static planned => ManifestTree.Of(planned.Object)))
        {
            Assert.True(rendered.Remove(Identity(expected), out var actual), $"{Identity(expected)} is not rendered.");
            Assert.True(AreEqual(expected, actual!), $"{Identity(expected)}\n{YamlText.Write([expected])}\nis rendered as\n{YamlText.Write([actual!])}");
        }

        Assert.Empty(rendered.Keys);
    }

    [Fact]
    public void Other_values_change_what_they_are_for_and_nothing_else()
    {
        var chart = Chart("prod");
        var before = Render(chart, static values => values).ToDictionary(Identity);

        var after = Render(chart, static values =>
        {
            values["ragApi"]!["image"] = "registry.example.com/\"odd\\name\":1";
            values["ragWeb"]!["replicas"] = 5;
            return values;
        }).ToDictionary(Identity);

        Assert.Equal(before.Keys, after.Keys);
        Assert.Equal(
            ["apps/v1 Deployment rag-api", "apps/v1 Deployment rag-web"],
            after.Where(pair => !AreEqual(pair.Value, before[pair.Key])).Select(static pair => pair.Key).Order(StringComparer.Ordinal));
        Assert.Equal("registry.example.com/\"odd\\name\":1", after["apps/v1 Deployment rag-api"]["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.ToString());
        Assert.Equal(5, after["apps/v1 Deployment rag-web"]["spec"]!["replicas"]!.GetValue<long>());
    }

    [Fact]
    public void The_class_of_all_claims_is_not_that_of_one_which_several_nodes_mount()
    {
        var values = ValuesReader.Read([Environments.Text("values.yaml"), ("v.yaml", "cluster: { storageClass: fast }\noriginals: { mode: claim, claim: { storageClass: shared } }\nstores: { postgres: { backup: {} } }")]);
        var chart = HelmChart.Of(Environments.Plan(TestManifest.Platform, values), values).ToDictionary();

        var rendered = Render(chart, static values =>
        {
            values["storageClass"] = "faster";
            values["originals"]!["storage"] = "2Ti";
            return values;
        }).ToDictionary(Identity);

        Assert.Equal("faster", rendered["v1 PersistentVolumeClaim postgres-backup"]["spec"]!["storageClassName"]!.ToString());
        var originals = rendered["v1 PersistentVolumeClaim originals"]["spec"]!;
        Assert.Equal(("shared", "2Ti"), (originals["storageClassName"]!.ToString(), originals["resources"]!["requests"]!["storage"]!.ToString()));
    }

    [Fact]
    public void Each_host_belongs_to_the_workload_behind_it()
    {
        var values = ValuesReader.Read([("v.yaml", "exposure: { kind: ingress, ingressClass: nginx, hosts: { rag-web: rag.example.com, rag-api: api.rag.example.com } }\nservices: { defaults: { omitEnv: [ 'VECTORS_*' ] } }\n")]);
        var plan = Environments.Plan(TestManifest.Platform, values);
        var chart = HelmChart.Of(plan, values).ToDictionary();

        var ingress = Render(chart, static all =>
        {
            all["hosts"]!["ragApi"] = "api.example.org";
            return all;
        }).Single(static tree => tree["kind"]!.ToString() == "Ingress");

        Assert.Equal(["rag.example.com", "api.example.org"], ((JsonArray)ingress["spec"]!["tls"]![0]!["hosts"]!).Select(static host => host!.ToString()));
        var rule = ((JsonArray)ingress["spec"]!["rules"]!).Single(static rule => rule!["host"]!.ToString() == "api.example.org")!;
        Assert.Equal("rag-api", rule["http"]!["paths"]![0]!["backend"]!["service"]!["name"]!.ToString());
    }

    [Fact]
    public void A_workload_that_is_called_like_a_value_of_the_chart_has_a_key_of_its_own()
    {
        string[] names = ["image-pull-policy", "priority-class", "storage-class", "ingress-class", "tls-secret", "hosts", "global"];
        var values = ValuesReader.Read([("v.yaml", "cluster: { storageClass: fast, priorityClass: high }\nexposure: { kind: ingress, ingressClass: nginx, tlsSecret: tls, hosts: { hosts: a.example.com, global: b.example.com } }")]);
        var plan = Environments.Plan(
            TestManifest.Of(string.Join(',', names.Select(static name =>
                $$""" "{{name}}": { "type": "container.v0", "image": "{{name}}:1", "volumes": [ { "name": "{{name}}-data", "target": "/d" } ], "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 8080, "external": true } } } """))),
            values);
        var chart = HelmChart.Of(plan, values).ToDictionary();

        var rendered = Render(chart, static all =>
        {
            all["storageClass"] = "faster";
            all["hosts_"]!["image"] = "hosts:2";
            return all;
        }).ToDictionary(Identity);

        Assert.All(names, name => Assert.Equal("faster", rendered[$"apps/v1 StatefulSet {name}"]["spec"]!["volumeClaimTemplates"]![0]!["spec"]!["storageClassName"]!.ToString()));
        Assert.All(names, name => Assert.Equal(name == "hosts" ? "hosts:2" : $"{name}:1", rendered[$"apps/v1 StatefulSet {name}"]["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.ToString()));
        Assert.Equal(["a.example.com", "b.example.com"], Values(chart)["hosts"]!.AsObject().Select(static host => host.Value!.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_never_runs_by_itself_has_no_time_to_be_chosen()
    {
        var values = RenderedYaml.Read(Text(Chart("models"), "/values.yaml"))[0];

        Assert.NotNull(values["loadTest"]?["image"]);
        Assert.Null(values["loadTest"]?["schedule"]);
        Assert.NotNull(values["vectorsBackup"]?["schedule"]);
    }

    [Fact]
    public void What_looks_like_a_template_in_an_object_stays_what_it_is()
    {
        var map = new ConfigMap { Metadata = new ObjectMeta { Name = "alerts" }, Data = new Labels { ["text"] = "{{ $labels.instance }} is {{`away`}}" } };

        var rendered = Render(HelmChart.Of(new PlatformPlan([new PlannedObject(map, "alerts")], []), new DeployValues()).ToDictionary(), static values => values);

        Assert.Equal("{{ $labels.instance }} is {{`away`}}", Assert.Single(rendered)["data"]!["text"]!.ToString());
    }

    [Theory]
    [MemberData(nameof(Environments.Names), MemberType = typeof(Environments))]
    public void The_schema_knows_every_value_and_no_other(string name)
    {
        var chart = Chart(name);

        Check(Values(chart), JsonNode.Parse(Text(chart, "/values.schema.json"))!.AsObject(), "");

        static void Check(JsonObject values, JsonObject schema, string path)
        {
            Assert.False(schema["additionalProperties"]!.GetValue<bool>(), path);
            var properties = schema["properties"]!.AsObject();
            Assert.Equal(values.Select(static pair => pair.Key), properties.Select(static pair => pair.Key).Where(static key => key != "global"));
            foreach (var (key, value) in values)
            {
                var type = properties[key]!["type"]!.ToString();
                Assert.Equal(value switch { JsonObject => "object", JsonValue number when number.GetValueKind() == JsonValueKind.Number => "integer", _ => "string" }, type);
                if (value is JsonObject inner)
                {
                    Check(inner, properties[key]!.AsObject(), $"{path}.{key}");
                }
            }
        }
    }

    [Fact]
    public void The_chart_has_a_version_that_Helm_takes()
    {
        string Version(string version) => RenderedYaml.Read(Text(HelmChart.Of(new PlatformPlan([], []), new DeployValues { Version = version }).ToDictionary(), "/Chart.yaml"))[0]["version"]!.ToString();

        Assert.Equal("1.2.3-rc.1", Version("1.2.3-rc.1"));
        Assert.Equal("0.0.0", Version("1.10"));
    }

    [Fact]
    public void The_documentation_lists_the_fields_that_values_stand_for() =>
        Assert.Contains(HelmField.Table(), File.ReadAllText(Path.Combine(Repository.Root, "docs", "kubernetes.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);

    private static Dictionary<string, string> Chart(string name) => HelmChart.Of(Environments.Plan(name), Environments.All.Environments[name]).ToDictionary();

    private static string Text(Dictionary<string, string> chart, string end) => chart.Single(file => file.Key.EndsWith(end, StringComparison.Ordinal)).Value;

    private static JsonObject Values(Dictionary<string, string> chart) => RenderedYaml.Read(Text(chart, "/values.yaml"))[0];

    // As text and back, so that a number is a number whatever type it had.
    private static bool AreEqual(JsonObject a, JsonObject b) => JsonNode.DeepEquals(JsonNode.Parse(a.ToJsonString()), JsonNode.Parse(b.ToJsonString()));

    private static string Identity(JsonObject tree) => $"{tree["apiVersion"]} {tree["kind"]} {tree["metadata"]!["name"]}";

    private static List<JsonObject> Render(Dictionary<string, string> chart, Func<JsonObject, JsonObject> change)
    {
        var values = change(Values(chart));
        return [.. chart.Where(static file => file.Key.Contains("/templates/", StringComparison.Ordinal)).SelectMany(file => RenderedYaml.Read(Render(file.Value, values)))];
    }

    // {{ .Values.a.b }}, {{ .Values.a.b | quote }} and {{ "{{" }}; anything else is none of ours, and fails.
    private static string Render(string template, JsonObject values) => Regex.Replace(template, @"\{\{ (.*?) \}\}", match => match.Groups[1].Value switch
    {
        "\"{{\"" => "{{",
        var text when Regex.Match(text, @"^\.Values((?:\.[a-zA-Z][a-zA-Z0-9_]*)+)( \| quote)?$") is { Success: true } reference => Value(reference, values),
        var other => throw new InvalidOperationException($"Helm would have to know: {other}"),
    });

    private static string Value(Match reference, JsonObject values)
    {
        var value = reference.Groups[1].Value[1..].Split('.').Aggregate((JsonNode)values, static (node, name) => node[name] ?? throw new InvalidOperationException($"There is no value '{name}'."));
        return reference.Groups[2].Success ? JsonSerializer.Serialize(value.ToString()) : value.ToJsonString();
    }
}
