using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Npgsql;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary><c>rag-api --migrate</c> as the job runs it: a process of its own against a real PostgreSQL.</summary>
[Collection(Postgres.Name)]
public sealed class MigrateTests(PostgresFixture postgres) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-migrate-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_database_that_is_missing_is_made_and_a_second_run_changes_nothing()
    {
        var connection = await MissingAsync();

        var first = await MigrateAsync(("ConnectionStrings__ragdb", connection.ConnectionString));
        var second = await MigrateAsync(("ConnectionStrings__ragdb", connection.ConnectionString));

        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Contains("The database was created.", first.Output, StringComparison.Ordinal);
        Assert.Contains("Applied: initial, ", first.Output, StringComparison.Ordinal);
        Assert.Equal(0, second.ExitCode);
        Assert.Matches(@"^The schema is up to date at version \d+; nothing was changed\.\s*$", second.Output);
    }

    [Fact]
    public async Task Two_at_once_do_the_work_once()
    {
        var connection = (await MissingAsync()).ConnectionString;

        var runs = await Task.WhenAll(MigrateAsync(("ConnectionStrings__ragdb", connection)), MigrateAsync(("ConnectionStrings__ragdb", connection)));

        Assert.All(runs, static run => Assert.Equal((0, ""), (run.ExitCode, run.Error)));
        Assert.Single(runs, static run => run.Output.Contains("Applied:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_schema_of_a_newer_version_is_left_alone()
    {
        var connection = await postgres.CreateDatabaseAsync();
        await MigrateAsync(("ConnectionStrings__ragdb", connection));
        await ExecuteAsync(connection, "insert into schema_migrations (number, name, checksum) values (9999, 'of tomorrow', 'x')");

        var run = await MigrateAsync(("ConnectionStrings__ragdb", connection));

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("newer than this version knows", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_ends_it_at_once_and_is_not_repeated()
    {
        var builder = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Password = null };
        var watch = Stopwatch.StartNew();

        var run = await MigrateAsync(("ConnectionStrings__ragdb", builder.ConnectionString), ("Rag__Storage__PasswordFile", File("wrong", "not-the-password\n")));

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("refused the user name or password", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-password", run.Error, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), "It waited for a password that nobody will put right.");
    }

    [Fact]
    public async Task A_database_that_is_away_is_waited_for_and_no_longer_than_told()
    {
        await using var own = await PostgresInstance.StartAsync();
        var connection = await own.CreateDatabaseAsync();
        await own.StopAsync();

        var without = await MigrateAsync(("ConnectionStrings__ragdb", connection), ("Rag__Migration__Patience", "00:00:01"));
        var waiting = MigrateAsync(("ConnectionStrings__ragdb", connection), ("Rag__Migration__Patience", "00:01:00"));
        await Task.Delay(TimeSpan.FromSeconds(2));
        await own.StartAgainAsync();

        Assert.Equal(1, without.ExitCode);
        Assert.Contains("cannot be reached", without.Error, StringComparison.Ordinal);
        var waited = await waiting;
        Assert.Equal(0, waited.ExitCode);
        Assert.Contains("The schema is at version", waited.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_certificate_that_is_to_be_verified_only_a_server_of_a_trusted_authority_is_talked_to()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        await using var own = await PostgresInstance.StartAsync();
        var (certificate, certificateFile, keyFile) = authority.Issue("localhost");
        certificate.Dispose();
        await own.ServeTlsAsync(certificateFile, keyFile);
        // As the generated manifests have it: the words in the connection string, the authority in the file of a variable.
        string Connection(string host, string database) => new NpgsqlConnectionStringBuilder(database) { Host = host }.ConnectionString + ";SSL Mode=VerifyFull";
        var database = await own.CreateDatabaseAsync();

        var trusted = await MigrateAsync(("ConnectionStrings__ragdb", Connection("localhost", database)), ("SSL_CERT_FILE", authority.CaFile));
        var unknown = await MigrateAsync(("ConnectionStrings__ragdb", Connection("localhost", database)), ("SSL_CERT_FILE", stranger.CaFile), ("Rag__Migration__Patience", "00:00:01"));
        var misnamed = await MigrateAsync(("ConnectionStrings__ragdb", Connection("127.0.0.1", database)), ("SSL_CERT_FILE", authority.CaFile), ("Rag__Migration__Patience", "00:00:01"));

        Assert.Equal((0, ""), (trusted.ExitCode, trusted.Error));
        Assert.All([unknown, misnamed], static run => Assert.True(run.ExitCode == 1 && run.Error.Contains("certificate", StringComparison.Ordinal), run.Error));
    }

    [Fact]
    public async Task An_administrator_makes_a_user_with_whom_the_services_work_and_who_cannot_change_the_schema()
    {
        var missing = await MissingAsync();
        var user = $"rag-{Guid.NewGuid():N}"[..16];
        var services = new NpgsqlConnectionStringBuilder(missing.ConnectionString) { Username = user, Password = null }.ConnectionString;
        (string, string)[] settings =
        [
            ("ConnectionStrings__ragdb", services), ("Rag__Storage__PasswordFile", File("services", "of the services ü\n")),
            ("Rag__Migration__AdminUsername", missing.Username!), ("Rag__Migration__AdminPasswordFile", File("admin", missing.Password!)),
        ];

        var run = await MigrateAsync(settings);
        var again = await MigrateAsync(settings);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"The user '{user}' was created.", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, again.ExitCode);
        Assert.DoesNotContain("was created", again.Output, StringComparison.Ordinal);
        await using var api = ServiceProcess.Start("Rag.Api", "rag-api", new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = services,
            ["Rag__Storage__PasswordFile"] = Path.Combine(_folder.FullName, "services"),
            ["Rag__Storage__Migrate"] = "check",
            ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
            ["Rag__Blobs__Provider"] = "postgres",
        });
        await api.WaitUntilOkAsync("/health/ready", Limit);
        using var http = new HttpClient { BaseAddress = api.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiHost.Key);
        using var created = await http.PostAsync("/v1/collections", Json.Body(new { name = "handbook" }));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => ExecuteAsync(new NpgsqlConnectionStringBuilder(services) { Password = "of the services ü" }.ConnectionString, "create table t (id int)"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task With_such_a_user_documents_are_processed_and_a_restored_copy_is_migrated_and_served_like_what_it_is_a_copy_of()
    {
        var missing = await MissingAsync();
        var user = $"rag-{Guid.NewGuid():N}"[..16];
        var services = new NpgsqlConnectionStringBuilder(missing.ConnectionString) { Username = user, Password = null };
        Dictionary<string, string> Settings() => new()
        {
            ["ConnectionStrings__ragdb"] = services.ConnectionString,
            ["Rag__Storage__PasswordFile"] = Path.Combine(_folder.FullName, "services"),
            ["Rag__Storage__Migrate"] = "check",
            ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
            ["Rag__Blobs__Provider"] = "postgres",
        };
        File("services", "of the services\n");
        (string, string)[] Migration() =>
        [
            ("ConnectionStrings__ragdb", services.ConnectionString), ("Rag__Storage__PasswordFile", Path.Combine(_folder.FullName, "services")),
            ("Rag__Migration__AdminUsername", missing.Username!), ("Rag__Migration__AdminPasswordFile", File("admin", missing.Password!)),
        ];
        Assert.Equal(0, (await MigrateAsync(Migration())).ExitCode);

        Guid id;
        await using (var api = ServiceProcess.Start("Rag.Api", "rag-api", Settings()))
        await using (var worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", Settings()))
        {
            await api.WaitUntilOkAsync("/health/ready", Limit);
            using var http = new HttpClient { BaseAddress = api.BaseAddress };
            var client = new RagClient(http, static _ => ValueTask.FromResult<string?>(ApiHost.Key));
            await client.CreateCollectionAsync(new CreateCollection("handbook"));
            await using var content = new MemoryStream("# Bread\n\nRye bread leaves the oven at nine."u8.ToArray());
            id = Assert.Single((await client.UploadAsync("handbook", [new UploadFile("bread.md", content, "text/markdown")])).Items).Id!.Value;
            using var limit = new CancellationTokenSource(Limit);
            await foreach (var step in client.FollowEventsAsync("handbook", after: 0, limit.Token))
            {
                if (step is CollectionEvent.DocumentChanged { Status: DocumentStatus.Ready or DocumentStatus.Failed } end)
                {
                    Assert.True(end.Status == DocumentStatus.Ready, worker.Output);
                    break;
                }
            }
        }

        NpgsqlConnection.ClearAllPools();
        var copy = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()).Database!;
        var dump = Path.Combine(_folder.FullName, "copy.dump");
        await RunAsync("pg_dump", missing, "--format=custom", $"--file={dump}", $"--dbname={services.Database}");
        await RunAsync("pg_restore", missing, "--exit-on-error", $"--dbname={copy}", dump);
        services.Database = copy;
        var again = await MigrateAsync(Migration());
        await using var restored = ServiceProcess.Start("Rag.Api", "rag-api", Settings());
        await restored.WaitUntilOkAsync("/health/ready", Limit);
        using var other = new HttpClient { BaseAddress = restored.BaseAddress };
        var reader = new RagClient(other, static _ => ValueTask.FromResult<string?>(ApiHost.Key));

        Assert.Equal((0, ""), (again.ExitCode, again.Error));
        Assert.Contains("The schema is up to date", again.Output, StringComparison.Ordinal);
        Assert.Contains("Rye bread", (await reader.GetTextAsync("handbook", id)).Text, StringComparison.Ordinal);
        await reader.DeleteDocumentAsync("handbook", id);
    }

    [Theory]
    [InlineData("ConnectionStrings__ragdb", "", "No database is configured")]
    [InlineData("ConnectionStrings__ragdb", "postgres://x", "is not one that Npgsql understands")]
    [InlineData("Rag__Storage__MaxPoolSize", "lots", "Rag:Storage:MaxPoolSize")]
    public async Task A_wrong_configuration_is_said_and_nothing_is_tried(string variable, string value, string expected)
    {
        var run = await MigrateAsync(("ConnectionStrings__ragdb", "Host=127.0.0.1;Port=1;Database=x"), (variable, value));

        Assert.Equal((78, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    private async Task<NpgsqlConnectionStringBuilder> MissingAsync() =>
        new(await postgres.CreateDatabaseAsync()) { Database = $"made-{Guid.NewGuid():N}" };

    private string File(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private async Task RunAsync(string program, NpgsqlConnectionStringBuilder administrator, params string[] arguments)
    {
        // Where only the server's programs were linked to a folder, those of the client are found by their names.
        var path = Path.Combine(postgres.BinDirectory, program);
        var start = new ProcessStartInfo(System.IO.File.Exists(path) ? path : program, arguments) { RedirectStandardError = true };
        start.Environment["PGHOST"] = administrator.Host;
        start.Environment["PGPORT"] = administrator.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = administrator.Username;
        start.Environment["PGPASSWORD"] = administrator.Password;
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<(int ExitCode, string Output, string Error)> MigrateAsync(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [ServiceProcess.ProgramOf("Rag.Api", "rag-api"), "--migrate"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output, await error);
    }
}
