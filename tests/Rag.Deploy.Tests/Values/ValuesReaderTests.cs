using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Values;

public sealed class ValuesReaderTests
{
    [Fact]
    public void No_values_at_all_are_a_deployment()
    {
        var values = ValuesReader.Read([("values.yaml", "# nothing but a comment\n")]);

        Assert.Equal("ragplatform", values.Name);
        Assert.True(values.Network.Policies);
    }

    [Fact]
    public void A_later_file_lies_over_an_earlier_one_key_by_key()
    {
        var values = ValuesReader.Read(
        [
            ("a.yaml", "version: 1.10\nservices:\n  api: { replicas: 2, env: { A: '1', B: '2' }, tolerations: [ { key: x }, { key: y } ] }\n"),
            ("b.yaml", "services:\n  api: { env: { B: null, C: '3' }, tolerations: [ { key: z } ] }\n"),
        ]);

        var api = values.Services["api"];
        Assert.Equal("1.10", values.Version);
        Assert.Equal(2, api.Replicas);
        Assert.Equal([("A", "1"), ("B", null), ("C", "3")], api.Env.Select(static e => (e.Key, e.Value)));
        Assert.Equal(["z"], api.Tolerations.Select(static t => t.Key));
    }

    [Fact]
    public void What_holds_for_all_services_lies_under_what_each_of_them_says()
    {
        var values = ValuesReader.Read([("a.yaml", "services:\n  defaults: { shutdown: { delaySeconds: 7, timeoutSeconds: 8 } }\n  api: { shutdown: { timeoutSeconds: 9 } }\n")]);

        Assert.Equal((7, 9), (values.Services["api"].Shutdown!.DelaySeconds, values.Services["api"].Shutdown!.TimeoutSeconds));
    }

    [Theory]
    [InlineData("nmae: x", "v.yaml:1: nmae: there is no such key; did you mean 'name'?")]
    [InlineData("colour: x", "v.yaml:1: colour: there is no such key; there are: name, namespace,")]
    [InlineData("services:\n  api:\n    replica: 2", "v.yaml:3: services.api.replica: there is no such key; did you mean 'replicas'?")]
    [InlineData("services:\n  api: { replicas: many }", "services.api.replicas: a whole number is expected, this is 'many'.")]
    [InlineData("services:\n  api: { replicas: '2' }", "services.api.replicas: a whole number is expected, this is '2'.")]
    [InlineData("services:\n  api: { replicas: 2.5 }", "services.api.replicas: a whole number is expected, this is '2.5'.")]
    [InlineData("services:\n  api: { replicas: -1 }", "services.api.replicas: '-1' is not allowed; allowed is: 0 to 1000.")]
    [InlineData("services:\n  api: { replicas: 1001 }", "services.api.replicas: '1001' is not allowed; allowed is: 0 to 1000.")]
    [InlineData("services: [ api ]", "services: keys and values are expected, this is a list.")]
    [InlineData("services: text", "services: keys and values are expected, this is 'text'.")]
    [InlineData("images: { pullSecrets: one }", "images.pullSecrets: a list is expected, this is 'one'.")]
    [InlineData("images: { pullPolicy: never }", "images.pullPolicy: 'never' is not allowed; allowed are: IfNotPresent, Always, Never.")]
    [InlineData("images: { registry: https://registry.example.com }", "images.registry: 'https://registry.example.com' is not allowed; allowed is: a host, a port and a path in lower case, without a scheme")]
    [InlineData("network: { policies: yes }", "network.policies: true or false is expected, this is 'yes'.")]
    [InlineData("name: Rag_Platform", "name: 'Rag_Platform' is not allowed; allowed is: lower case letters, digits and '-'")]
    [InlineData("name: null", "name: nothing stands here; a text is expected.")]
    [InlineData("name: [ x ]", "name: a text is expected, this is a list.")]
    [InlineData("cluster: { kubernetesVersion: 1.20 }", "cluster.kubernetesVersion: '1.20' is not allowed; allowed is: a minor version between 1.26 and 1.49")]
    [InlineData("stores: { db: { mode: cloud } }", "stores.db.mode: 'cloud' is not allowed; allowed are: bundled, operator, external.")]
    [InlineData("stores: { db: { storage: 10 GB } }", "stores.db.storage: '10 GB' is not allowed; allowed is: an amount such as")]
    [InlineData("stores: { db: { storage: 0Gi } }", "stores.db.storage: '0Gi' is not allowed")]
    [InlineData("stores: { db: { port: 70000 } }", "stores.db.port: '70000' is not allowed; allowed is: 1 to 65535.")]
    [InlineData("stores: { db: { host: postgres://db } }", "stores.db.host: 'postgres://db' is not allowed; allowed is: a host name or an address")]
    [InlineData("stores: { db: { backup: { schedule: daily } } }", "stores.db.backup.schedule: 'daily' is not allowed; allowed is: five fields of cron")]
    [InlineData("services:\n  api: { egress: [ { cidr: example.com } ] }", "services.api.egress[0].cidr: 'example.com' is not allowed")]
    [InlineData("services:\n  api: { disruption: { maxUnavailable: 0 } }", "services.api.disruption.maxUnavailable: '0' is not allowed; allowed is: a number from 1 or a percentage.")]
    [InlineData("services:\n  api: { probes: { liveness: health } }", "services.api.probes.liveness: 'health' is not allowed; allowed is: a path that begins with '/'.")]
    [InlineData("services:\n  api: { tolerations: [ { operator: In } ] }", "services.api.tolerations[0].operator: 'In' is not allowed; allowed is: Exists, Equal.")]
    [InlineData("services:\n  api: { resources: { requests: { cpu: 99999999999999999999999999999999999999 } } }", "is not allowed; allowed is: an amount such as 500m or 2, from 1m to 9999.")]
    [InlineData("services:\n  api: { resources: { requests: { cpu: 0.0001m } } }", "services.api.resources.requests.cpu: '0.0001m' is not allowed;")]
    [InlineData("stores: { db: { storage: 9999999999Pi } }", "stores.db.storage: '9999999999Pi' is not allowed; allowed is: an amount such as 512Mi or 10Gi, below 1000Pi.")]
    [InlineData("stores: { db: { storage: 1e3 } }", "stores.db.storage: '1e3' is not allowed;")]
    [InlineData("stores: { db: { username: 'rag;Password=x' } }", "stores.db.username: 'rag;Password=x' is not allowed; allowed is: letters, digits, '_', '$', '@', '.' and '-'")]
    [InlineData("stores: { db: { username: '' } }", "stores.db.username: '' is not allowed;")]
    [InlineData("inference: { m: { model: --trust-remote-code } }", "inference.m.model: '--trust-remote-code' is not allowed; allowed is: a name such as Qwen/Qwen3-8B")]
    [InlineData("inference: { m: { model: '' } }", "inference.m.model: '' is not allowed;")]
    [InlineData("inference: { m: { model: m, gpuResource: gpu } }", "inference.m.gpuResource: 'gpu' is not allowed; allowed is: a name with its domain, such as nvidia.com/gpu.")]
    [InlineData("inference: { m: { model: m, image: 'vllm:latest' } }", "inference.m.image: 'vllm:latest' is not allowed; allowed is: an image with a tag other than 'latest'")]
    [InlineData("images: { registry: 'registry.example.com:99999/rag' }", "images.registry: 'registry.example.com:99999/rag' is not allowed;")]
    [InlineData("images: { override: { api: 'a b:1' } }", "images.override.api: 'a b:1' is not allowed;")]
    [InlineData("monitoring: { collector: { otlp: { endpoint: 'http://tempo:99999' } } }", "monitoring.collector.otlp.endpoint: 'http://tempo:99999' is not allowed;")]
    [InlineData("exposure: { hosts: { web: RAG.example.com } }", "exposure.hosts.web: 'RAG.example.com' is not allowed; allowed is: a host name in lower case")]
    [InlineData("exposure: { hosts: { web: 10.0.0.1 } }", "exposure.hosts.web: '10.0.0.1' is not allowed;")]
    [InlineData("exposure: { hosts: { web: 'rag.example.com:443' } }", "exposure.hosts.web: 'rag.example.com:443' is not allowed;")]
    [InlineData("exposure: { hosts: { web: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.example.com } }", "exposure.hosts.web: 'aaaaaaaaaabbbbb")]
    [InlineData("services:\n  api: { tolerations: [ { key: 'a b' } ] }", "services.api.tolerations[0].key: 'a b' is not allowed;")]
    [InlineData("monitoring: { dashboards: { label: 'a b' } }", "monitoring.dashboards.label: 'a b' is not allowed;")]
    [InlineData("name: |\n  two\n  lines", "name: 'two\\u000alines' is not allowed;")]
    [InlineData("services:\n\tapi: {}", "this is not YAML")]
    [InlineData("x: &x [a,a,a,a,a,a,a,a,a,a]\ny: &y [*x,*x,*x,*x,*x,*x,*x,*x,*x,*x]\nz: &z [*y,*y,*y,*y,*y,*y,*y,*y,*y,*y]\nu: &u [*z,*z,*z,*z,*z,*z,*z,*z,*z,*z]\nv: [*u,*u,*u,*u,*u,*u,*u,*u,*u,*u]", "with its anchors it has more than 100000 values.")]
    [InlineData("name: x\nname: y", "this is not YAML")]
    [InlineData("name: [", "this is not YAML")]
    [InlineData("- name", "keys and values are expected, this is a list.")]
    [InlineData("name: a\n---\nname: b", "it holds 2 documents")]
    public void Each_wrong_value_is_one_line_with_its_place_and_what_is_allowed(string text, string expected)
    {
        var fault = Assert.Throws<ValuesException>(() => ValuesReader.Read([("v.yaml", text)]));

        var line = Assert.Single(fault.Faults);
        Assert.StartsWith("v.yaml", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        Assert.Contains(expected, line, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var fault = Assert.Throws<ValuesException>(() => ValuesReader.Read([("v.yaml", "nmae: x\nversion: ''\nservices:\n  api: { replicas: many, user: 0 }\n")]));

        Assert.Equal(4, fault.Faults.Count);
        Assert.Equal("Nothing was written.", fault.Remedy);
    }

    [Fact]
    public void A_file_that_is_not_text_is_refused_and_one_with_a_mark_at_its_beginning_is_read()
    {
        var folder = Directory.CreateTempSubdirectory("rag-values-");
        try
        {
            var file = Path.Combine(folder.FullName, "values.yaml");
            File.WriteAllBytes(file, [.. "singleReplicaReason: f"u8, 0xfc, .. "r"u8]);
            Assert.Equal([$"{file}: it is not text in UTF-8."], Assert.Throws<ValuesException>(() => ValuesReader.ReadFiles([file])).Faults);

            File.WriteAllBytes(file, [0xef, 0xbb, 0xbf, .. "name: marked\n"u8]);
            Assert.Equal("marked", ValuesReader.ReadFiles([file]).Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("values.PROD.yaml")]
    [InlineData("values.dev.yml")]
    [InlineData("Values.dev.yaml")]
    [InlineData("values.my env.yaml")]
    [InlineData("values.a.b.yaml")]
    [InlineData("values..yaml")]
    [InlineData("values.yml")]
    public void A_file_that_looks_like_values_and_would_not_be_read_is_named(string name)
    {
        var folder = Directory.CreateTempSubdirectory("rag-values-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "values.prod.yaml"), "name: fine\n");
            File.WriteAllText(Path.Combine(folder.FullName, "values.prod.yaml.bak"), "name: fine\n");
            Assert.Equal(["dev", "prod"], EnvironmentValues.Read(folder.FullName).Environments.Keys);
            File.WriteAllText(Path.Combine(folder.FullName, name), "name: x\n");

            var fault = Assert.Single(Assert.Throws<ValuesException>(() => EnvironmentValues.Read(folder.FullName)).Faults);

            Assert.StartsWith($"{Path.Combine(folder.FullName, name)}: this is no name of a file of values; allowed are: values.yaml and values.ENVIRONMENT.yaml, where", fault, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
