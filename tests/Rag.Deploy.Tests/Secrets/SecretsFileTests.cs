using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Secrets;

public sealed class SecretsFileTests
{
    private const string Key = """
        "key": { "type": "parameter.v0", "value": "{key.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "value": "a/b c" } } } },
        """;

    private static readonly DeployValues Standard = new();

    // A parameter that is called as an encoded form of another was once.
    private static readonly AppManifest Encoded = TestManifest.Of(Key + """
        "key-uri": { "type": "parameter.v0", "value": "{key-uri.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "value": "other" } } } },
        "once": { "type": "annotated.string", "value": "{key.value}", "filter": "uri" },
        "twice": { "type": "annotated.string", "value": "{once.value}", "filter": "uri" },
        "app": { "type": "container.v0", "image": "app:1", "env": { "URL": "https://{once.value}@y/{key-uri.value}", "TWICE": "{twice.value}" } }
        """);

    [Fact]
    public void Every_secret_parameter_is_made_up_in_its_shape()
    {
        var (text, missing) = SecretsFile.Complete(TestManifest.Platform, Standard, existing: null);

        var secrets = SecretsFile.Parse(text);
        Assert.Empty(missing);
        Assert.Matches("^[A-Za-z0-9]{32}$", secrets["bootstrap-key"]);
        Assert.Matches("^[A-Za-z0-9]{22}$", secrets["cache-password"]);
        Assert.Equal(22, secrets["postgres-password"].Length);
        Assert.True(secrets.ContainsKey("vectors-Key"));
    }

    [Fact]
    public void What_is_there_is_never_changed()
    {
        const string Existing = "# mine\npostgres-password=kept = as it is \nother=x";

        var (text, _) = SecretsFile.Complete(TestManifest.Platform, Standard, Existing);

        Assert.StartsWith(Existing + "\n", text, StringComparison.Ordinal);
        Assert.Equal("kept = as it is ", SecretsFile.Parse(text)["postgres-password"]);
        Assert.Equal(text, SecretsFile.Complete(TestManifest.Platform, Standard, text).Text);
    }

    [Fact]
    public void What_a_platform_was_made_with_takes_the_place_of_what_was_made_up()
    {
        const string Existing = "# mine\npostgres-password=made up\nother=x\npostgres-password=twice\n";

        var text = SecretsFile.Replace(Existing, new Dictionary<string, string> { ["postgres-password"] = "a = b", ["cache-password"] = "c" });

        Assert.Equal("# mine\npostgres-password=a = b\nother=x\ncache-password=c\n", text);
        Assert.Equal("c", SecretsFile.Parse(SecretsFile.Replace(existing: null, new Dictionary<string, string> { ["cache-password"] = "c" }))["cache-password"]);
    }

    [Fact]
    public void Two_environments_share_no_secret()
    {
        var first = SecretsFile.Parse(SecretsFile.Complete(TestManifest.Platform, Standard, null).Text);
        var second = SecretsFile.Parse(SecretsFile.Complete(TestManifest.Platform, Standard, null).Text);

        Assert.Empty(first.Values.Intersect(second.Values));
    }

    [Fact]
    public void The_encoded_form_is_there_where_a_workload_puts_it_into_a_URI()
    {
        var manifest = TestManifest.Of(
            """
            "key": { "type": "parameter.v0", "value": "{key.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "value": "a/b c" } } } },
            "key-uri": { "type": "annotated.string", "value": "{key.value}", "filter": "uri" },
            "app": { "type": "container.v0", "image": "app:1", "env": { "URL": "https://x:{key-uri.value}@y" } }
            """);

        var secrets = SecretsFile.Parse(SecretsFile.Complete(manifest, Standard, null).Text);

        Assert.Equal("a/b c", secrets["key"]);
        Assert.Equal("a%2Fb%20c", secrets["key.uri"]);
    }

    [Fact]
    public void Each_encoding_that_is_used_has_a_key_that_no_parameter_can_have()
    {
        var text = SecretsFile.Complete(Encoded, Standard, null).Text;

        Assert.Equal(["key=a/b c", "key-uri=other", "key.uri=a%2Fb%20c", "key.uri.uri=a%252Fb%2520c"], text.Split('\n').Where(static line => line.Length > 0 && line[0] != '#'));
        var variables = Environments.Plan(Encoded, Standard).Find<Deployment>("app").Spec.Template.Spec.Containers[0].Env!;
        Assert.Equal(
            [("SECRET_KEY_URI", "key.uri"), ("SECRET_KEY_URI_", "key-uri"), ("TWICE", "key.uri.uri")],
            variables.Where(static variable => variable.ValueFrom?.SecretKeyRef is not null).Select(static variable => (variable.Name, variable.ValueFrom!.SecretKeyRef!.Key)));
        Assert.Equal("https://$(SECRET_KEY_URI)@y/$(SECRET_KEY_URI_)", Assert.Single(variables, static variable => variable.Name == "URL").Value);
    }

    [Fact]
    public void The_encoded_form_follows_a_secret_that_a_person_changed_and_comes_back_nowhere_else()
    {
        var text = SecretsFile.Complete(Encoded, Standard, "# mine\nkey.uri=a%2Fb%20c\nkey=new one\nkey-uri=kept\nkey.uri=twice").Text;

        Assert.Equal("# mine\nkey.uri=new%20one\nkey=new one\nkey-uri=kept\nkey.uri.uri=new%2520one\n", text);
        Assert.Equal(text, SecretsFile.Complete(Encoded, Standard, text).Text);
    }

    [Fact]
    public void A_key_of_an_earlier_version_becomes_the_one_of_today_unless_it_is_a_parameters_own()
    {
        var manifest = TestManifest.Of(Key + """
            "once": { "type": "annotated.string", "value": "{key.value}", "filter": "uri" },
            "app": { "type": "container.v0", "image": "app:1", "env": { "URL": "https://x:{once.value}@y" } }
            """);

        Assert.Equal("key=mine!/\nkey.uri=mine%21%2F\nother=x\n", SecretsFile.Complete(manifest, Standard, "key=mine!/\nkey-uri=mine%21%2F\nother=x\n").Text);
        Assert.Equal("key.uri=b\nkey=b\n", SecretsFile.Complete(manifest, Standard, "key.uri=b\nkey=b\nkey-uri=c\n").Text);
    }

    [Fact]
    public void A_store_of_secrets_has_the_encoded_forms_under_names_that_every_store_may_have()
    {
        var values = ValuesReader.Read([("v.yaml", "secrets: { mode: external, store: { name: vault, prefix: p/ } }")]);

        var data = Environments.Plan(Encoded, values).Find<ExternalSecret>("ragplatform-secrets").Spec.Data;

        Assert.Equal(
            [("key", "p/key"), ("key.uri", "p/key--uri"), ("key.uri.uri", "p/key-uri-uri"), ("key-uri", "p/key-uri")],
            data.Select(static one => (one.SecretKey, one.RemoteRef.Key)));
    }

    [Theory]
    [InlineData("-----BEGIN\\nhunter2\\n-----END")]
    [InlineData("a\\rhunter2")]
    public void A_default_that_no_line_can_hold_is_refused_and_nothing_is_written(string standard)
    {
        var folder = Directory.CreateTempSubdirectory();
        var manifest = TestManifest.Of($$""" "key": { "type": "parameter.v0", "value": "{key.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "value": "{{standard}}" } } } } """);
        var values = new EnvironmentValues(Standard, new SortedDictionary<string, DeployValues> { ["dev"] = Standard });

        var fault = Assert.Throws<ManifestException>(() => Generation.Write(manifest, values, folder.FullName));

        Assert.Equal("app.json: resource 'key': the default of this secret has more than one line, and the file of secrets has one line for each.", fault.Message);
        Assert.Contains("'existing' or 'external'", fault.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.Message + fault.Remedy, StringComparison.Ordinal);
        Assert.Empty(folder.EnumerateFileSystemInfos());
        folder.Delete();
        Assert.Equal("key=other", SecretsFile.Complete(manifest, Standard, "key=other\n").Text.Trim());
    }

    [Fact]
    public void The_password_of_a_store_outside_is_somebody_elses_and_not_made_up()
    {
        var values = ValuesReader.Read([("v.yaml", "stores: { postgres: { mode: external, host: db.example.com } }")]);

        var (text, missing) = SecretsFile.Complete(TestManifest.Platform, values, existing: null);

        Assert.Equal(["postgres-password"], missing);
        Assert.False(SecretsFile.Parse(text).ContainsKey("postgres-password"));
    }

    [Fact]
    public void What_only_a_person_knows_is_named()
    {
        var manifest = TestManifest.Of(""" "key": { "type": "parameter.v0", "value": "{key.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } } """);

        var (text, missing) = SecretsFile.Complete(manifest, Standard, null);

        Assert.Equal(["key"], missing);
        Assert.Empty(SecretsFile.Parse(text));
        Assert.Empty(SecretsFile.Complete(manifest, Standard, "key=mine\n").Missing);
    }

    [Fact]
    public void A_line_that_is_none_is_named_by_number_without_its_content()
    {
        var fault = Assert.Throws<DeployException>(() => SecretsFile.Parse("a=b\nhunter2\n"));

        Assert.Contains("Line 2", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_is_kept_whatever_it_demands()
    {
        for (var i = 0; i < 200; i++)
        {
            var text = SecretText.New(new GeneratedText(10) { Upper = false, MinLower = 2, MinNumeric = 30, MinSpecial = 3 });

            Assert.True(text.Length >= 35, text);
            Assert.True(text.Count(char.IsDigit) >= 30 && text.Count(char.IsAsciiLetterLower) >= 2 && text.Count(static c => !char.IsAsciiLetterOrDigit(c)) >= 3, text);
            Assert.DoesNotContain(text, char.IsAsciiLetterUpper);
        }
    }
}
