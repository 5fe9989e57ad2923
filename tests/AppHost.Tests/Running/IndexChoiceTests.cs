namespace AppHost.Tests.Running;

/// <summary>Which index the services have, and that no start takes one because another happens to be missing.</summary>
public sealed class IndexChoiceTests : IDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("index-choice-");

    public void Dispose() => _state.Delete(recursive: true);

    [Theory]
    // What is said, what is recorded (with "?": no start with it ever came up), containers, program -> the index and why.
    [InlineData(null, null, true, false, "qdrant", "servers run in containers")]
    [InlineData(null, null, false, true, "qdrant", "a program 'qdrant' is there")]
    [InlineData(null, null, false, false, "embedded", "neither a container runtime nor a program")]
    [InlineData(null, "embedded", true, true, "embedded", "has had it so far")]
    [InlineData(null, "qdrant", false, true, "qdrant", "has had it so far")]
    [InlineData(null, "qdrant?", false, false, "embedded", "neither")]
    [InlineData(null, "embedded?", false, true, "qdrant", "a program")]
    [InlineData("embedded", "qdrant", true, true, "embedded", "Rag:Index:Provider says so")]
    [InlineData("qdrant", "embedded", false, true, "qdrant", "Rag:Index:Provider says so")]
    public void What_is_said_counts_then_what_was_then_what_is_there(string? said, string? recorded, bool containers, bool program, string expected, string reason)
    {
        var record = recorded is null ? null : new IndexRecord(recorded.TrimEnd('?'), Ready: !recorded.EndsWith('?'));
        var choice = IndexChoice.Decide(said, record, Machine(containers, program), hasUrl: false);
        Assert.Equal((expected, expected == "qdrant"), (choice.Provider, choice.RunsServer));
        Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qdrant", null)]
    [InlineData(null, "qdrant")]
    public void A_Qdrant_that_nothing_can_run_is_an_error_that_says_how_to_get_it_or_to_move(string? said, string? recorded)
    {
        var record = recorded is null ? null : new IndexRecord(recorded, Ready: true);
        var error = Assert.Throws<DistributedApplicationException>(() => IndexChoice.Decide(said, record, Machine(containers: false, program: false), hasUrl: false));
        Assert.Contains("Put it on PATH", error.Message, StringComparison.Ordinal);
        Assert.Contains("Rag__Index__Provider=embedded, then './rag reindex'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Qdrant_that_runs_elsewhere_is_not_started_here_and_needs_no_program()
    {
        var choice = IndexChoice.Decide("qdrant", null, Machine(containers: false, program: false), hasUrl: true);
        Assert.Equal(("qdrant", false), (choice.Provider, choice.RunsServer));
    }

    [Fact]
    public async Task That_it_runs_elsewhere_is_recorded()
    {
        Assert.Equal("qdrant", await ProviderAsync("Infrastructure=native", "Rag:Index:Provider=Qdrant", "Rag:Index:Qdrant:Url=http://127.0.0.1:1"));
        Assert.Equal(new IndexRecord("qdrant", Ready: false) { Elsewhere = true }, IndexRecord.Read(_state.FullName));
    }

    [Fact]
    public void The_machine_is_not_looked_at_for_what_is_embedded()
    {
        var machine = new Lazy<IndexMachine>(() => throw new InvalidOperationException("Nobody has to know."));
        Assert.Equal("embedded", IndexChoice.Decide(null, new IndexRecord("embedded", Ready: true), machine, hasUrl: false).Provider);
    }

    [Theory]
    [InlineData("infrastructure.json", """{"kind":"native","ready":true}""")]
    [InlineData("blobs/some/original", "text")]
    public async Task An_installation_from_before_there_was_a_choice_stays_embedded_also_when_it_is_moved_and_that_fails(string file, string content)
    {
        var path = Path.Combine(_state.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, content);

        Assert.Equal("embedded", await ProviderAsync("Infrastructure=containers"));
        // Chosen, but this start never came so far: what is recorded is what was.
        Assert.Equal("qdrant", await ProviderAsync("Infrastructure=containers", "Rag:Index:Provider=Qdrant"));
        Assert.Equal(new IndexRecord("embedded", Ready: true), IndexRecord.Read(_state.FullName));
    }

    [Fact]
    public async Task The_model_has_a_Qdrant_where_the_servers_run_in_containers_and_its_data_stays()
    {
        await using var lasting = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([$"StateDirectory={_state.FullName}", "Infrastructure=containers"]);
        var vectors = Assert.Single(lasting.Resources.OfType<QdrantServerResource>());
        Assert.Equal("/qdrant/storage", Assert.Single(vectors.Annotations.OfType<ContainerMountAnnotation>()).Target);
        foreach (var service in lasting.Resources.OfType<ProjectResource>().Where(static project => project.Name is "rag-api" or "rag-ingest"))
        {
            Assert.Contains(service.Annotations.OfType<WaitAnnotation>(), wait => wait.Resource == vectors);
        }

        await using var ephemeral = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["Ephemeral=true", "Infrastructure=containers"]);
        Assert.Empty(Assert.Single(ephemeral.Resources.OfType<QdrantServerResource>()).Annotations.OfType<ContainerMountAnnotation>());
        await using var embedded = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["Ephemeral=true", "Infrastructure=containers", "Rag:Index:Provider=embedded"]);
        Assert.Empty(embedded.Resources.OfType<QdrantServerResource>());
    }

    [Fact]
    public async Task A_first_start_that_fails_decides_nothing()
    {
        Assert.Equal("qdrant", await ProviderAsync("Infrastructure=containers"));
        Assert.Equal(new IndexRecord("qdrant", Ready: false), IndexRecord.Read(_state.FullName));
        await File.WriteAllTextAsync(Path.Combine(_state.FullName, "infrastructure.json"), """{"kind":"containers","ready":true}""");
        Assert.Equal("qdrant", await ProviderAsync("Infrastructure=containers"));
    }

    [Fact]
    public async Task What_is_wrong_is_told_when_the_application_starts()
    {
        await File.WriteAllTextAsync(Path.Combine(_state.FullName, "index.json"), "{");
        Assert.Contains("index.json", await StartErrorAsync(), StringComparison.Ordinal);
        Assert.Contains("can be 'embedded' or 'qdrant'", await StartErrorAsync("Rag:Index:Provider=elastic"), StringComparison.Ordinal);
        // Who says what it is to be does not need the record.
        Assert.Equal("qdrant", await ProviderAsync("Infrastructure=containers", "Rag:Index:Provider=qdrant"));
    }

    private static Lazy<IndexMachine> Machine(bool containers, bool program) => new(new IndexMachine(containers, program));

    // As Program.cs does, up to the moment before anything runs.
    private async Task<string> ProviderAsync(params string[] arguments)
    {
        var builder = DistributedApplication.CreateBuilder([$"StateDirectory={_state.FullName}", .. arguments]);
        var choice = IndexChoice.From(builder, RunSettings.From(builder));
        await using var app = builder.Build();
        await builder.Eventing.PublishAsync(new BeforeStartEvent(app.Services, new DistributedApplicationModel([])), default);
        return choice.Provider;
    }

    private async Task<string> StartErrorAsync(params string[] arguments) =>
        (await Assert.ThrowsAsync<DistributedApplicationException>(() => ProviderAsync(arguments))).Message;
}
