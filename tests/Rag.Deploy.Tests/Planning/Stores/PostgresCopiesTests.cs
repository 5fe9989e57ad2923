using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>One PostgreSQL for these tests, with the programs that its image has too.</summary>
public sealed class PostgresForCopies : IAsyncLifetime
{
    public PostgresInstance Instance { get; private set; } = null!;

    public async Task InitializeAsync() => Instance = await PostgresInstance.StartAsync();

    public async Task DisposeAsync() => await Instance.DisposeAsync();
}

/// <summary>The scripts of backup and restore, run as the pods run them, against a real PostgreSQL.</summary>
public sealed class PostgresCopiesTests(PostgresForCopies server) : IClassFixture<PostgresForCopies>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-copies-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_was_copied_is_restored_with_its_owner_and_its_grants_and_what_was_there_before_is_kept()
    {
        var database = await MakeAsync("one");
        var user = $"services-{Guid.NewGuid():N}";
        await SqlAsync(database, $"create role \"{user}\" login; grant select on words to \"{user}\"");
        await BackUpAsync([database], keep: 7);
        await SqlAsync(database, "drop table words; create table newer (id int)");

        var (exitCode, output) = await RestoreAsync(database, ("OVERWRITE", "yes"));

        Assert.True(exitCode == 0, output);
        Assert.Equal("one", await SqlAsync(database, "select word from words"));
        Assert.Equal("postgres True", await SqlAsync(database, $"select tableowner || ' ' || case when has_table_privilege('{user}', 'words', 'select') then 'True' end from pg_tables where tablename = 'words'"));
        Assert.Equal("", await SqlAsync(database, "select to_regclass('newer')::text"));
        var before = output.Split("drop database \"")[1].Split('"')[0];
        Assert.Equal("newer", await SqlAsync(before, "select to_regclass('newer')::text"));
    }

    [Fact]
    public async Task A_database_that_has_tables_is_not_touched_unless_told()
    {
        var database = await MakeAsync("kept");
        await BackUpAsync([database], keep: 7);

        var (exitCode, output) = await RestoreAsync(database);

        Assert.Equal(1, exitCode);
        Assert.Contains($"The database '{database}' has 1 table(s). OVERWRITE=yes replaces them", output, StringComparison.Ordinal);
        Assert.Equal("kept", await SqlAsync(database, "select word from words"));
    }

    [Fact]
    public async Task A_copy_is_tried_in_another_database_and_the_newest_is_taken_where_none_is_named()
    {
        var database = await MakeAsync("older");
        await BackUpAsync([database], keep: 7);
        var older = Path.Combine(_folder.FullName, $"{database}-20260101T000000Z.dump");
        File.Move(Assert.Single(Directory.GetFiles(_folder.FullName, "*.dump")), older);
        await SqlAsync(database, "update words set word = 'newer'");
        await BackUpAsync([database], keep: 7);

        var newest = await RestoreAsync(database, ("INTO", $"{database}-a"));
        var named = await RestoreAsync(database, ("INTO", $"{database}-b"), ("COPY", Path.GetFileName(older)));

        Assert.True(newest.ExitCode == 0 && named.ExitCode == 0, newest.Output + named.Output);
        Assert.Equal("newer", await SqlAsync($"{database}-a", "select word from words"));
        Assert.Equal("older", await SqlAsync($"{database}-b", "select word from words"));
    }

    [Fact]
    public async Task While_somebody_is_connected_nothing_is_replaced()
    {
        var database = await MakeAsync("used");
        await BackUpAsync([database], keep: 7);
        await using var source = NpgsqlDataSource.Create(Connection(database));
        await using var connection = await source.OpenConnectionAsync();

        var (exitCode, output) = await RestoreAsync(database, ("OVERWRITE", "yes"));

        Assert.Equal(1, exitCode);
        Assert.Contains($"1 connection(s) to '{database}' are open. Stop whoever has them first", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_is_missing_or_cut_off_changes_nothing()
    {
        var database = await MakeAsync("kept");
        await BackUpAsync([database], keep: 7);
        var whole = Assert.Single(Directory.GetFiles(_folder.FullName, "*.dump"));

        var missing = await RestoreAsync(database, ("OVERWRITE", "yes"), ("COPY", "ragdb-20200101T000000Z.dump"));
        var bytes = await File.ReadAllBytesAsync(whole);
        await File.WriteAllBytesAsync(whole, bytes[..(bytes.Length - 100)]);
        var cut = await RestoreAsync(database, ("OVERWRITE", "yes"));

        Assert.Equal((1, true), (missing.ExitCode, missing.Output.Contains($"There is no copy 'ragdb-20200101T000000Z.dump'. There are:\n{Path.GetFileName(whole)}", StringComparison.Ordinal)));
        Assert.NotEqual(0, cut.ExitCode);
        Assert.Equal("kept", await SqlAsync(database, "select word from words"));
    }

    [Fact]
    public async Task Who_may_not_make_databases_restores_in_place()
    {
        var database = await MakeAsync("copied");
        var owner = $"owner{Guid.NewGuid():N}";
        await SqlAsync(database, $"create role {owner} login password 'of the owner 0123'; alter database \"{database}\" owner to {owner}; alter table words owner to {owner}; alter schema public owner to {owner}");
        await BackUpAsync([database], keep: 7);
        await SqlAsync(database, "update words set word = 'wrong'");
        File.WriteAllText(Path.Combine(_folder.FullName, "owner"), "of the owner 0123\n");

        var (exitCode, output) = await RestoreAsync(database, ("OVERWRITE", "yes"), ("PGUSER", owner), ("PASSWORD_FILE", Path.Combine(_folder.FullName, "owner")));

        Assert.True(exitCode == 0, output);
        Assert.Equal("copied", await SqlAsync(database, "select word from words"));
    }

    [Fact]
    public async Task Each_database_keeps_as_many_copies_as_it_should_though_another_begins_alike()
    {
        var database = await MakeAsync("a");
        var longer = await MakeAsync("b", $"{database}-eval");
        foreach (var day in Enumerable.Range(1, 3))
        {
            foreach (var name in new[] { database, longer })
            {
                File.WriteAllText(Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{name}-2026010{day}T000000Z.dump")), "old");
            }
        }

        File.WriteAllText(Path.Combine(_folder.FullName, $"{database}-by-hand.dump"), "somebody's own");
        File.WriteAllText(Path.Combine(_folder.FullName, "half.part"), "cut off");

        await BackUpAsync([database], keep: 2);

        var left = Directory.GetFiles(_folder.FullName, "*.*").Select(Path.GetFileName).ToList();
        Assert.Equal(3, left.Count(name => name!.StartsWith($"{longer}-2026010", StringComparison.Ordinal)));
        Assert.Contains($"{database}-by-hand.dump", left);
        Assert.DoesNotContain("half.part", left);
        Assert.Equal(2, left.Count(name => name!.StartsWith($"{database}-2", StringComparison.Ordinal)));
        Assert.Contains($"{database}-20260103T000000Z.dump", left);
    }

    [Fact]
    public async Task A_server_whose_certificate_is_to_be_verified_is_copied_only_where_its_authority_is_the_one_that_is_given()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        var (certificate, certificateFile, keyFile) = authority.Issue("127.0.0.1");
        certificate.Dispose();
        await server.Instance.ServeTlsAsync(certificateFile, keyFile);
        var database = await MakeAsync("sealed");
        var planned = Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", "trust: { configMap: authorities }\nstores: { postgres: { mode: external, host: db.example.com, tls: true, backup: {} } }")]))
            .Find<CronJob>("postgres-backup").Spec.JobTemplate.Spec.Template.Spec;
        (string, string)[] Variables(TestAuthority trusted) =>
            [("DATABASES", database), ("KEEP", "1"), ("PGSSLMODE", planned.Containers[0].Env!.Single(static variable => variable.Name == "PGSSLMODE").Value!), ("PGSSLROOTCERT", trusted.CaFile)];

        var trusted = await RunAsync("postgres-backup", Variables(authority));
        var unknown = await RunAsync("postgres-backup", Variables(stranger));

        Assert.True(trusted.ExitCode == 0, trusted.Output);
        Assert.NotEqual(0, unknown.ExitCode);
        Assert.Contains("certificate verify failed", unknown.Output, StringComparison.Ordinal);
        var file = planned.Containers[0].Env!.Single(static variable => variable.Name == "PGSSLROOTCERT").Value!;
        var mount = planned.Containers[0].VolumeMounts!.Single(mount => file.StartsWith(mount.MountPath + "/", StringComparison.Ordinal));
        Assert.Equal("authorities", planned.Volumes!.Single(volume => volume.Name == mount.Name).ConfigMap!.Name);
    }

    [Fact]
    public async Task A_backup_of_nothing_fails()
    {
        var (exitCode, output) = await RunAsync("postgres-backup", ("DATABASES", ""), ("KEEP", "2"));

        Assert.NotEqual(0, exitCode);
        Assert.Contains("No database is named", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_whose_databases_nobody_names_has_the_one_of_its_user_copied()
    {
        var plan = Environments.Plan(
            TestManifest.Of("""
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "pg": { "type": "container.v0", "image": "postgres:17.6", "connectionString": "Host={pg.bindings.tcp.host};Username=shop;Password={pw.value}",
              "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } } }
            """),
            ValuesReader.Read([("v.yaml", "stores: { pg: { backup: {} } }")]));

        Assert.Equal("shop", Variable(plan.Find<CronJob>("pg-backup"), "DATABASES"));
        Assert.Equal("shop", Variable(plan.Find<CronJob>("pg-restore"), "DATABASE"));
        Assert.Equal("shop", plan.Find<StatefulSet>("pg").Spec.Template.Spec.Containers[0].Env!.Single(static variable => variable.Name == "POSTGRES_DB").Value);
    }

    [Fact]
    public void The_restore_is_never_run_by_itself_and_reaches_the_database_alone()
    {
        var plan = Environments.Plan("prod");

        var job = plan.Find<CronJob>("postgres-restore").Spec;
        Assert.Equal((true, 0, 6 * 3600), (job.Suspend, job.JobTemplate.Spec.BackoffLimit, job.JobTemplate.Spec.ActiveDeadlineSeconds));
        Assert.Null(plan.Find<CronJob>("postgres-backup").Spec.Suspend);
        var pod = job.JobTemplate.Spec.Template.Spec;
        Assert.True(pod.Containers[0].VolumeMounts!.Single(static mount => mount.MountPath == "/backup").ReadOnly);
        Assert.Contains(pod.Volumes!, static volume => volume.PersistentVolumeClaim?.ClaimName == "postgres-backup");
        var policy = plan.Find<NetworkPolicy>("postgres-restore").Spec;
        Assert.Equal([5432], Assert.Single(policy.Egress!).Ports!.Select(static port => port.Port));
        Assert.Contains(plan.Find<NetworkPolicy>("postgres").Spec.Ingress!, static rule => rule.From![0].PodSelector!.MatchLabels!["app.kubernetes.io/name"] == "postgres-restore");
    }

    private static string? Variable(CronJob job, string name) => job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Env!.Single(variable => variable.Name == name).Value;

    private async Task BackUpAsync(string[] databases, int keep)
    {
        var (exitCode, output) = await RunAsync("postgres-backup", ("DATABASES", string.Join(' ', databases)), ("KEEP", keep.ToString(CultureInfo.InvariantCulture)));
        Assert.True(exitCode == 0, output);
    }

    private Task<(int ExitCode, string Output)> RestoreAsync(string database, params (string Name, string Value)[] variables) => RunAsync("postgres-restore", [("DATABASE", database), .. variables]);

    // With what the pod's variables are, but for where the server and its password are.
    private async Task<(int ExitCode, string Output)> RunAsync(string job, params (string Name, string Value)[] variables)
    {
        NpgsqlConnection.ClearAllPools();
        var container = Environments.Plan("prod").Find<CronJob>(job).Spec.JobTemplate.Spec.Template.Spec.Containers[0];
        var start = new ProcessStartInfo("bash", ["-c", container.Command![2].Replace("folder=/backup", $"folder='{_folder.FullName}'", StringComparison.Ordinal)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var password = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(password, server.Instance.Password + "\n");
        foreach (var variable in container.Env!)
        {
            start.Environment[variable.Name] = variable.Value;
        }

        start.Environment["PATH"] = $"{server.Instance.BinDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["PGHOST"] = "127.0.0.1";
        start.Environment["PGPORT"] = server.Instance.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PASSWORD_FILE"] = password;
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        File.Delete(password);
        return (process.ExitCode, output + await error);
    }

    private async Task<string> MakeAsync(string word, string? name = null)
    {
        var database = name ?? $"t-{Guid.NewGuid():N}"[..12];
        await SqlAsync("postgres", $"create database \"{database}\"");
        await SqlAsync(database, $"create table words (word text); insert into words values ('{word}')");
        return database;
    }

    private async Task<string> SqlAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(Connection(database));
        await using var command = source.CreateCommand(sql);
        return (await command.ExecuteScalarAsync())?.ToString() ?? "";
    }

    private string Connection(string database) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = server.Instance.Port, Username = "postgres", Password = server.Instance.Password, Database = database, Pooling = false }.ConnectionString;
}
