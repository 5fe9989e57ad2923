namespace LocalHosting.Tests.Model;

/// <summary>What a process is told about what it refers to.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public async Task A_database()
    {
        var builder = TestAppHost.Run("--Parameters:pw=p@ss;w'ord");
        var db = builder.AddPostgres("postgres", password: builder.AddParameter("pw", secret: true), port: 5433).AddDatabase("rag-db", "rag");
        var app = builder.AddContainer("app", "app").WithReference(db);

        var environment = await TestAppHost.EnvironmentAsync(builder, app.Resource);

        Assert.Equal("Host=localhost;Port=5433;Username=postgres;Password=p@ss;w'ord;Database=rag", environment["ConnectionStrings__rag-db"]);
        Assert.Equal("localhost", environment["RAG_DB_HOST"]);
        Assert.Equal("5433", environment["RAG_DB_PORT"]);
        Assert.Equal("postgres", environment["RAG_DB_USERNAME"]);
        Assert.Equal("p@ss;w'ord", environment["RAG_DB_PASSWORD"]);
        Assert.Equal("postgresql://postgres:p%40ss%3Bw%27ord@localhost:5433/rag", environment["RAG_DB_URI"]);
        Assert.Equal("jdbc:postgresql://localhost:5433/rag", environment["RAG_DB_JDBCCONNECTIONSTRING"]);
        Assert.Equal("rag", environment["RAG_DB_DATABASENAME"]);
    }

    [Fact]
    public async Task A_user_name_of_ones_own()
    {
        var builder = TestAppHost.Run("--Parameters:user=ada lovelace", "--Parameters:pw=x");
        var server = builder.AddPostgres("pg", builder.AddParameter("user"), builder.AddParameter("pw"), port: 5433);
        var app = builder.AddContainer("app", "app").WithReference(server);

        var environment = await TestAppHost.EnvironmentAsync(builder, app.Resource);

        Assert.Equal("Host=localhost;Port=5433;Username=ada lovelace;Password=x", environment["ConnectionStrings__pg"]);
        Assert.Equal("postgresql://ada%20lovelace:x@localhost:5433", environment["PG_URI"]);
    }

    [Fact]
    public async Task Redis()
    {
        var builder = TestAppHost.Run("--Parameters:pw=secret");
        var cache = builder.AddRedis("cache", port: 6380, password: builder.AddParameter("pw", secret: true));
        var app = builder.AddContainer("app", "app").WithReference(cache, connectionName: "session");

        var environment = await TestAppHost.EnvironmentAsync(builder, app.Resource);

        Assert.Equal("localhost:6380,password=secret", environment["ConnectionStrings__session"]);
        Assert.Equal(["localhost", "6380", "secret", "redis://:secret@localhost:6380"],
            new[] { "HOST", "PORT", "PASSWORD", "URI" }.Select(name => environment[$"SESSION_{name}"]));
    }

    [Fact]
    public async Task Qdrant_with_both_of_its_ports()
    {
        var builder = TestAppHost.Run("--Parameters:key=k");
        var vectors = builder.AddQdrant("vectors", builder.AddParameter("key", secret: true), grpcPort: 6334, httpPort: 6333);
        var app = builder.AddContainer("app", "app").WithReference(vectors);

        var environment = await TestAppHost.EnvironmentAsync(builder, app.Resource);

        Assert.Equal("Endpoint=http://localhost:6334;Key=k", environment["ConnectionStrings__vectors"]);
        Assert.Equal("Endpoint=http://localhost:6333;Key=k", environment["ConnectionStrings__vectors_http"]);
        Assert.Equal("localhost", environment["VECTORS_HTTPHOST"]);
        Assert.Equal("6333", environment["VECTORS_HTTPPORT"]);
        Assert.Equal("k", environment["VECTORS_APIKEY"]);
        Assert.Equal("http://localhost:6333", environment["VECTORS_HTTPURI"]);
        Assert.Equal("http://localhost:6334", environment["VECTORS_URI"]);
    }

    [Fact]
    public async Task A_service_by_all_of_its_endpoints_or_by_one()
    {
        var builder = TestAppHost.Run();
        var api = builder.AddProject("rag-api", new FakeProject("/nowhere/Api.csproj")).WithHttpEndpoint(port: 5170).WithHttpEndpoint(port: 5180, name: "admin");
        var all = builder.AddContainer("all", "app").WithReference(api).WithReference(api);
        var one = builder.AddContainer("one", "app").WithReference(api.GetEndpoint("admin"));

        var everything = await TestAppHost.EnvironmentAsync(builder, all.Resource);
        var environment = await TestAppHost.EnvironmentAsync(builder, one.Resource);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["RAG_API_HTTP"] = "http://localhost:5170",
                ["services__rag-api__http__0"] = "http://localhost:5170",
                ["RAG_API_ADMIN"] = "http://localhost:5180",
                ["services__rag-api__admin__0"] = "http://localhost:5180",
            },
            everything);
        Assert.Equal(["RAG_API_ADMIN", "services__rag-api__admin__0"], environment.Keys);
    }

    [Fact]
    public async Task An_address_outside_of_the_model()
    {
        var builder = TestAppHost.Run();
        var app = builder.AddContainer("app", "app").WithReference("model-server", new Uri("https://models.example.com/v1"));

        var environment = await TestAppHost.EnvironmentAsync(builder, app.Resource);

        Assert.Equal("https://models.example.com/v1", environment["services__model-server__default__0"]);
        Assert.Equal("https://models.example.com/v1", environment["model_server"]);
        var refused = Assert.Throws<InvalidOperationException>(() => app.WithReference("x", new Uri("https://example.com/?q=1")));
        Assert.Contains("it cannot contain a query string", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_optional_connection_string_that_is_missing_is_left_out_and_a_needed_one_says_where_to_set_it()
    {
        var builder = TestAppHost.Run();
        var outside = builder.AddConnectionString("outside");
        var relaxed = builder.AddContainer("relaxed", "app").WithReference(outside, optional: true);
        var strict = builder.AddContainer("strict", "app").WithReference(outside);

        Assert.Empty(await TestAppHost.EnvironmentAsync(builder, relaxed.Resource));
        var missing = await Assert.ThrowsAsync<MissingParameterValueException>(() => TestAppHost.EnvironmentAsync(builder, strict.Resource));
        Assert.Contains("ConnectionStrings:outside", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_kind_of_variable()
    {
        var builder = TestAppHost.Run("--Parameters:name=Ada");
        var parameter = builder.AddParameter("name");
        var other = builder.AddContainer("other", "other").WithHttpEndpoint(port: 8081, targetPort: 80);
        var app = builder.AddContainer("app", "app")
            .WithEnvironment("TEXT", "{as} it is")
            .WithEnvironment("EMPTY", (string?)null)
            .WithEnvironment("PARAMETER", parameter)
            .WithEnvironment("ENDPOINT", other.GetEndpoint("http"))
            .WithEnvironment("COMPOSED", $"{parameter}@{other.GetEndpoint("http").Property(EndpointProperty.HostAndPort)}")
            .WithEnvironment("CALLED", () => "later")
            .WithEnvironment(context => context.EnvironmentVariables["SET"] = 42)
            .WithEnvironment(async context =>
            {
                await Task.Yield();
                context.EnvironmentVariables["TEXT"] = "the last one wins";
            });

        var environment = await TestAppHost.EnvironmentAsync(builder, app.Resource);

        Assert.Equal(
            ["TEXT=the last one wins", "EMPTY=", "PARAMETER=Ada", "ENDPOINT=http://localhost:8081", "COMPOSED=Ada@localhost:8081", "CALLED=later", "SET=42"],
            environment.Select(variable => $"{variable.Key}={variable.Value}"));
    }

    [Fact]
    public async Task Secrets_are_known_as_such_and_addresses_are_not()
    {
        var builder = TestAppHost.Run();
        var cache = builder.AddRedis("cache");
        var app = builder.AddContainer("app", "app").WithReference(cache);
        TestAppHost.Allocate(builder);
        var context = new ValueProviderContext { ExecutionContext = builder.ExecutionContext };

        var variables = await ResourceConfiguration.ResolveEnvironmentAsync(app.Resource, context, CancellationToken.None);

        Assert.Equal(
            ["CACHE_PASSWORD", "CACHE_URI", "ConnectionStrings__cache"],
            variables.Where(variable => variable.IsSensitive).Select(variable => variable.Name).Order(StringComparer.Ordinal));
    }
}
