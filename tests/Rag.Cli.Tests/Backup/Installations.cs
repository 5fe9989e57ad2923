using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Cli.Tests.Backup;

/// <summary>Databases with folders of originals, empty or with one document in them.</summary>
internal sealed class Installations(PostgresFixture postgres, TemporaryFolder folder)
{
    public static readonly Guid Collection = Guid.Parse("0196f000-0000-7000-8000-000000000001");
    public static readonly byte[] Original = "The oven rests on Mondays."u8.ToArray();

    public async Task<(string Connection, string Blobs)> EmptyAsync()
    {
        var connection = await postgres.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(connection);
        await new Migrator(source, Options.Create(new StorageOptions()), NullLogger<Migrator>.Instance).PrepareAsync(CancellationToken.None);
        return (connection, Path.Combine(folder.Path, Guid.NewGuid().ToString("N")));
    }

    public async Task<(string Connection, string Blobs)> FilledAsync()
    {
        var (connection, blobs) = await EmptyAsync();
        var hash = Convert.ToHexStringLower(SHA256.HashData(Original));
        var blob = Path.Combine(blobs, Collection.ToString("D"), hash[..2], hash);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        await File.WriteAllBytesAsync(blob, Original);
        await ExecuteAsync(connection, $$"""
            insert into collections (id, name, settings) values ('{{Collection}}', 'handbook', '{"language": "en"}');
            insert into collection_sequences values ('{{Collection}}', 3, 7);
            insert into blobs (collection_id, sha256, size_bytes) values ('{{Collection}}', '\x{{hash}}', 26);
            insert into documents (id, collection_id, source_id, name, sha256, size_bytes, status, active_generation)
                values ('0196f000-0000-7000-8000-0000000000d1', '{{Collection}}', 's', 'ünï.txt', '\x{{hash}}', 26, 'ready', 41);
            select setval('generation_numbers', 41);
            insert into generations (document_id, generation, collection_id, sha256, text, media_type, extractor, chunker, analyzer, tokens)
                values ('0196f000-0000-7000-8000-0000000000d1', 41, '{{Collection}}', '\x{{hash}}', E'line\nü\t"quoted"\\', 'text/plain', 'text-1', 'structure-1', 'en-1', 'approx-1');
            insert into chunks (id, collection_id, document_id, generation, ordinal, start_offset, end_offset, text, headings, kind, token_count, terms, term_count)
                values ('0196f000-0000-7000-8000-0000000000c1', '{{Collection}}', '0196f000-0000-7000-8000-0000000000d1', 41, 0, 0, 4, 'line', '{a,"b c"}', 'text', 1, '\x0102', 1);
            insert into embedding_spaces (provider, model, revision, dimensions) values ('p', 'm', 'r', 2);
            insert into chunk_embeddings values ('0196f000-0000-7000-8000-0000000000c1', 1, '\x0000803f00000000');
            insert into jobs (id, collection_id, document_id, state) values (gen_random_uuid(), '{{Collection}}', '0196f000-0000-7000-8000-0000000000d1', 'done');
            insert into api_keys (id, name, hash, scopes, bootstrap) values (gen_random_uuid(), 'there', '\x00', '{admin}', true), ('0196f000-0000-7000-8000-0000000000e1', 'reader', '\x01', '{read}', false);
            insert into sessions (hash, key_id, expires) values ('\x09', '0196f000-0000-7000-8000-0000000000e1', now() + interval '1 hour');
            """);
        return (connection, blobs);
    }

    /// <summary>Runs a command on a database, which is named where a password may stand.</summary>
    public static Task<CliRun> OnAsync(
        string connection, string[] args, string? input = null, Checkout? checkout = null, IReadOnlyDictionary<string, string>? recorded = null) =>
        CliRun.InvokeAsync(args, new Dictionary<string, string> { ["ConnectionStrings__ragdb"] = connection }, input, checkout: checkout, recorded: recorded);

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<string?> ScalarAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() as string;
    }
}
