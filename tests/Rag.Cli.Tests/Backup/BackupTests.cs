using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;
using Rag.Testing;
using static Rag.Cli.Tests.Backup.Installations;

namespace Rag.Cli.Tests.Backup;

/// <summary>Backup and restore on a real PostgreSQL: what goes in comes out, and nothing half-done or damaged gets in.</summary>
public sealed class BackupTests : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Installations _installations;

    public BackupTests(PostgresFixture postgres) => _installations = new Installations(postgres, _folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_backed_up_comes_back_with_originals_and_sequences()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "a.tar.gz");
        var backup = await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs]);
        Assert.True(backup.ExitCode == 0, backup.Error);
        Assert.Contains("1 documents, 1 originals", backup.Output, StringComparison.Ordinal);

        var target = await _installations.EmptyAsync();
        var restore = await OnAsync(target.Connection, ["restore", archive, "--blobs", target.Blobs]);
        Assert.True(restore.ExitCode == 0, restore.Error);

        foreach (var query in (string[])[
            "select string_agg(c::text, '|' order by id) from collections c",
            "select string_agg(d::text, '|' order by id) from documents d",
            "select string_agg(g::text, '|') from generations g",
            "select string_agg(c::text, '|' order by ordinal) from chunks c",
            "select string_agg(e::text, '|') from chunk_embeddings e",
            "select string_agg(s::text, '|') from collection_sequences s",
            "select string_agg(j::text, '|') from jobs j",
            "select string_agg(k::text, '|') from api_keys k where not bootstrap"])
        {
            var expected = await ScalarAsync(source.Connection, query);
            Assert.NotNull(expected);
            Assert.Equal(expected, await ScalarAsync(target.Connection, query));
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Original));
        Assert.Equal(Original, await File.ReadAllBytesAsync(Path.Combine(target.Blobs, Collection.ToString("D"), hash[..2], hash)));
        // Numbers already given out must not be given out again.
        Assert.Equal("42", await ScalarAsync(target.Connection, "select nextval('generation_numbers')::text"));
        Assert.Equal("2", await ScalarAsync(
            target.Connection, "insert into embedding_spaces (provider, model, revision, dimensions) values ('p', 'm', 'r2', 2) returning id::text"));
    }

    [Fact]
    public async Task A_pause_that_travels_is_told()
    {
        var source = await _installations.FilledAsync();
        await ExecuteAsync(source.Connection, "insert into queue_pauses (collection_id) values (null)");
        var archive = Path.Combine(_folder.Path, "paused.tar.gz");
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs])).ExitCode);
        var target = await _installations.EmptyAsync();

        var restore = await OnAsync(target.Connection, ["restore", archive, "--blobs", target.Blobs]);

        Assert.Equal(0, restore.ExitCode);
        Assert.Contains("./rag jobs resume", restore.Output + restore.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_installations_own_key_stays_and_sessions_do_not_travel()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "keys.tar.gz");
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs])).ExitCode);
        var target = await _installations.EmptyAsync();
        await ExecuteAsync(target.Connection, "insert into api_keys (id, name, hash, scopes, bootstrap) values (gen_random_uuid(), 'here', '\\x02', '{admin}', true)");

        Assert.Equal(0, (await OnAsync(target.Connection, ["restore", archive, "--blobs", target.Blobs])).ExitCode);

        Assert.Equal("here,reader", await ScalarAsync(target.Connection, "select string_agg(name, ',' order by name) from api_keys"));
        Assert.Equal("0", await ScalarAsync(target.Connection, "select count(*)::text from sessions"));
    }

    [Fact]
    public async Task A_database_that_is_not_empty_is_refused_unless_replacing_was_agreed()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "b.tar.gz");
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs])).ExitCode);
        var target = await _installations.EmptyAsync();
        await ExecuteAsync(target.Connection, "insert into collections (id, name, settings) values (gen_random_uuid(), 'mine', '{}')");
        string[] restore = ["restore", archive, "--blobs", target.Blobs];

        var refused = await OnAsync(target.Connection, restore);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is not empty", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await OnAsync(target.Connection, [.. restore, "--replace"])).ExitCode);
        Assert.Equal(1, (await OnAsync(target.Connection, [.. restore, "--replace"], input: "n\n")).ExitCode);
        Assert.Equal("mine", await ScalarAsync(target.Connection, "select string_agg(name, ',') from collections"));

        var replaced = await OnAsync(target.Connection, [.. restore, "--replace"], input: "y\n");
        Assert.True(replaced.ExitCode == 0, replaced.Error);
        Assert.Equal("handbook", await ScalarAsync(target.Connection, "select string_agg(name, ',') from collections"));
    }

    [Fact]
    public async Task A_restore_mends_a_damaged_original_and_leaves_no_file_of_its_own()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "mend.tar.gz");
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs])).ExitCode);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Original));
        var blob = Path.Combine(source.Blobs, Collection.ToString("D"), hash[..2], hash);
        await File.WriteAllTextAsync(blob, "damaged");

        var run = await OnAsync(source.Connection, ["restore", archive, "--blobs", source.Blobs, "--replace", "--yes"]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(Original, await File.ReadAllBytesAsync(blob));
        Assert.Equal([blob], Directory.GetFiles(Path.GetDirectoryName(blob)!));
    }

    [Fact]
    public async Task A_restore_gives_no_number_out_twice_and_forgets_answers_about_what_is_gone()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "numbers.tar.gz");
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs])).ExitCode);
        await ExecuteAsync(source.Connection, """
            select setval('generation_numbers', 90);
            update collection_sequences set change_seq = 30, event_seq = 2;
            insert into idempotency_keys (key_id, route, key, request_hash, claim) select id, 'r', 'k', '\x00', gen_random_uuid() from api_keys where bootstrap;
            insert into sessions (hash, key_id, expires) select '\x0a', id, now() + interval '1 hour' from api_keys where bootstrap;
            """);

        Assert.Equal(0, (await OnAsync(source.Connection, ["restore", archive, "--blobs", source.Blobs, "--replace", "--yes"])).ExitCode);

        Assert.Equal("91", await ScalarAsync(source.Connection, "select nextval('generation_numbers')::text"));
        Assert.Equal("30,7", await ScalarAsync(source.Connection, "select change_seq || ',' || event_seq from collection_sequences"));
        Assert.Equal("0", await ScalarAsync(source.Connection, "select count(*)::text from idempotency_keys"));
        Assert.Equal("1", await ScalarAsync(source.Connection, "select count(*)::text from sessions"));
    }

    [Fact]
    public async Task A_backup_touches_no_file_that_it_did_not_make()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "beside.tar.gz");
        string[] others = [_folder.File("beside.tar.gz.unfinished", "mine"), _folder.File("beside.tar.gz.table", "mine too")];
        var run = await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["mine", "mine too"], others.Select(File.ReadAllText));
        Assert.Equal([archive, .. others.Order(StringComparer.Ordinal)], Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("backup", "--connection")]
    [InlineData("restore", "--connection")]
    [InlineData("backup", "variable")]
    public async Task Another_database_is_not_paired_with_this_checkouts_originals(string command, string named)
    {
        var source = await _installations.FilledAsync();
        var file = Path.Combine(_folder.Path, "a.tar.gz");
        if (command == "restore")
        {
            Assert.Equal(0, (await OnAsync(source.Connection, ["backup", file, "--blobs", source.Blobs])).ExitCode);
        }

        var run = await CliRun.InvokeAsync(
            [command, file, .. named == "variable" ? (string[])[] : [named, await WithPasswordFileAsync(source.Connection)]],
            variables: named == "variable" ? new Dictionary<string, string> { ["ConnectionStrings__ragdb"] = source.Connection } : null,
            checkout: new Checkout(_folder.Path));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--blobs", run.Error, StringComparison.Ordinal);
        Assert.Equal(command == "restore", File.Exists(file));
    }

    [Fact]
    public async Task A_connection_that_breaks_on_the_way_is_a_line_and_not_a_stack()
    {
        var source = await _installations.FilledAsync();
        // The table is locked, so the backup waits in the middle of its work until its connection is cut.
        await using var locked = new NpgsqlConnection(source.Connection);
        await locked.OpenAsync();
        await using var transaction = await locked.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("lock table documents in access exclusive mode", locked, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var server = new NpgsqlConnectionStringBuilder(source.Connection);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var through = new NpgsqlConnectionStringBuilder(source.Connection) { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port };
        var running = OnAsync(through.ConnectionString, ["backup", Path.Combine(_folder.Path, "broken.tar.gz"), "--blobs", source.Blobs]);
        using (var near = await listener.AcceptTcpClientAsync())
        using (var far = new TcpClient())
        {
            await far.ConnectAsync(server.Host!, server.Port);
            _ = near.GetStream().CopyToAsync(far.GetStream());
            _ = far.GetStream().CopyToAsync(near.GetStream());
            for (var looks = 0; await ScalarAsync(source.Connection, "select count(*)::text from pg_locks where not granted and relation = 'documents'::regclass") == "0"; looks++)
            {
                Assert.True(looks < 600, "The backup never waited for the table.");
                await Task.Delay(50);
            }
        }

        var run = await running;
        Assert.True(run.ExitCode == 3, run.Error);
        Assert.Contains("The connection to the database broke", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("foreign")]
    [InlineData("exchanged")]
    public async Task A_damaged_archive_is_refused_before_anything_is_touched(string damage)
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, $"{damage}.tar.gz");
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs])).ExitCode);
        await DamageAsync(archive, damage);
        var target = await _installations.EmptyAsync();

        var run = await OnAsync(target.Connection, ["restore", archive, "--blobs", target.Blobs]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Nothing was changed", run.Error, StringComparison.Ordinal);
        Assert.Equal("0", await ScalarAsync(target.Connection, "select count(*)::text from collections"));
        Assert.False(Directory.Exists(target.Blobs));
    }

    [Fact]
    public async Task Another_schema_is_refused()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "schema.tar.gz");
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs])).ExitCode);
        var target = await _installations.EmptyAsync();
        await ExecuteAsync(target.Connection, "update schema_migrations set checksum = 'other'");
        var run = await OnAsync(target.Connection, ["restore", archive, "--blobs", target.Blobs]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("migration", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_original_that_is_gone_is_told_and_the_rest_is_kept()
    {
        var source = await _installations.FilledAsync();
        Directory.Delete(source.Blobs, recursive: true);
        var archive = Path.Combine(_folder.Path, "gone.tar.gz");
        var run = await OnAsync(source.Connection, ["backup", archive, "--blobs", source.Blobs]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 originals are not in", run.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(archive));
    }

    [Fact]
    public async Task A_backup_never_overwrites_and_is_for_its_owner_only()
    {
        var source = await _installations.FilledAsync();
        var archive = Path.Combine(_folder.Path, "once.tar.gz");
        string[] backup = ["backup", archive, "--blobs", source.Blobs];
        Assert.Equal(0, (await OnAsync(source.Connection, backup)).ExitCode);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(archive));
        }

        Assert.Equal(2, (await OnAsync(source.Connection, backup)).ExitCode);
        Assert.Equal([archive], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_database_that_is_away_is_named_without_its_password()
    {
        var run = await OnAsync("Host=127.0.0.1;Port=1;Username=u;Password=hidden;Database=d", ["backup", Path.Combine(_folder.Path, "x"), "--blobs", _folder.Path]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("127.0.0.1:1", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_on_the_command_line_is_refused_and_not_repeated()
    {
        var run = await CliRun.InvokeAsync(["backup", Path.Combine(_folder.Path, "x"), "--blobs", _folder.Path, "--connection", "Host=127.0.0.1;Username=u;Password=hidden;Database=d"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("ConnectionStrings__ragdb", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_recorded_database_is_used_in_the_checkout_that_recorded_it_and_refused_in_every_other()
    {
        var source = await _installations.FilledAsync();
        var here = new Checkout(Path.Combine(_folder.Path, "here"));
        Directory.CreateDirectory(here.State);
        Directory.Move(source.Blobs, Path.Combine(here.State, "blobs"));
        var recorded = new Dictionary<string, string> { ["Rag:Database"] = source.Connection, ["Rag:Checkout"] = here.Root + Path.DirectorySeparatorChar };
        var archive = Path.Combine(_folder.Path, "here.tar.gz");
        var backup = await CliRun.InvokeAsync(["backup", archive], checkout: here, recorded: recorded);
        Assert.True(backup.ExitCode == 0, backup.Error);

        var there = new Checkout(Path.Combine(_folder.Path, "there"));
        var other = Path.Combine(_folder.Path, "there.tar.gz");
        var refused = await CliRun.InvokeAsync(["backup", other], checkout: there, recorded: recorded);
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains(here.Root, refused.Error, StringComparison.Ordinal);
        Assert.Contains("--connection and --blobs", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(other));
        var restore = await CliRun.InvokeAsync(["restore", archive, "--replace", "--yes"], checkout: there, recorded: recorded);
        Assert.Equal(3, restore.ExitCode);
        Assert.Equal("handbook", await ScalarAsync(source.Connection, "select string_agg(name, ',') from collections"));

        // Recorded by a version that did not say whose it is.
        recorded.Remove("Rag:Checkout");
        Assert.Equal(3, (await CliRun.InvokeAsync(["backup", other], checkout: here, recorded: recorded)).ExitCode);
        var named = await OnAsync(source.Connection, ["backup", other, "--blobs", Path.Combine(here.State, "blobs")], checkout: there, recorded: recorded);
        Assert.True(named.ExitCode == 0, named.Error);
    }

    private async Task<string> WithPasswordFileAsync(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        var file = Path.Combine(_folder.Path, "passwords");
        await File.WriteAllTextAsync(file, $"*:*:*:*:{settings.Password}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        (settings.Password, settings.Passfile) = (null, file);
        return settings.ConnectionString;
    }

    private static async Task DamageAsync(string archive, string damage)
    {
        var bytes = await File.ReadAllBytesAsync(archive);
        switch (damage)
        {
            case "cut":
                await File.WriteAllBytesAsync(archive, bytes[..(bytes.Length / 2)]);
                break;
            case "flipped":
                bytes[bytes.Length / 2] ^= 0x40;
                await File.WriteAllBytesAsync(archive, bytes);
                break;
            case "foreign":
                await File.WriteAllTextAsync(archive, "no archive at all");
                break;
            case "exchanged":
                // A whole, valid archive in which one original says something else.
                await using (var unpacked = new MemoryStream())
                {
                    await using (var zipped = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
                    {
                        await zipped.CopyToAsync(unpacked);
                    }

                    var tar = unpacked.ToArray();
                    tar.AsSpan()[tar.AsSpan().IndexOf(Original)..][0] = (byte)'X';
                    await using var target = new GZipStream(File.Create(archive), CompressionLevel.Fastest);
                    await target.WriteAsync(tar);
                }

                break;
        }
    }
}
