using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Aspire.Hosting;

/// <summary>PostgreSQL.</summary>
public static class PostgresBuilderExtensions
{
    // What Aspire 13.5 publishes; they move together with AspireVersion.
    private const string Registry = "docker.io";
    private const string Image = "library/postgres";
    private const string Tag = "18.3";

    /// <summary>From major version 18 on the image wants its volume one level higher.</summary>
    private const string DataPath = "/var/lib/postgresql";
    private const string DataPathBefore18 = "/var/lib/postgresql/data";

    /// <summary>Adds a server. Its databases are created when it is ready.</summary>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var server = new PostgresServerResource(
            name,
            userName?.Resource,
            password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password"));
        return builder.AddResource(server)
            .WithEndpoint(port: port, targetPort: 5432, name: PostgresServerResource.PrimaryEndpointName)
            .WithImage(Image, Tag)
            .WithImageRegistry(Registry)
            .WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --auth-local=scram-sha-256")
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["POSTGRES_USER"] = server.UserNameReference;
                context.EnvironmentVariables["POSTGRES_PASSWORD"] = server.PasswordParameter;
            })
            .WithPostgresCheck()
            .OnResourceReady(CreateDatabasesAsync);
    }

    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        var added = builder.ApplicationBuilder.AddResource(database).WithPostgresCheck();
        builder.Resource.AddDatabase(name, database.DatabaseName);
        return added;
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataPathOf(builder.Resource), isReadOnly);

    public static IResourceBuilder<PostgresServerResource> WithDataBindMount(
        this IResourceBuilder<PostgresServerResource> builder, string source, bool isReadOnly = false) =>
        builder.WithBindMount(source, DataPathOf(builder.Resource), isReadOnly);

    private static string DataPathOf(PostgresServerResource server)
    {
        var tag = server.Annotations.OfType<ContainerImageAnnotation>().LastOrDefault()?.Tag ?? Tag;
        var digits = string.Concat(tag.TakeWhile(char.IsAsciiDigit));
        return int.TryParse(digits, CultureInfo.InvariantCulture, out var major) && major >= 18 ? DataPath : DataPathBefore18;
    }

    private static IResourceBuilder<T> WithPostgresCheck<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithConnectionString
    {
        var key = $"{builder.Resource.Name}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key, _ => new PostgresCheck(builder.Resource), failureStatus: null, tags: null));
        return builder.WithHealthCheck(key);
    }

    private static async Task CreateDatabasesAsync(PostgresServerResource server, ResourceReadyEvent @event, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await PostgresConnection.StringAsync(server, cancellationToken));
        await connection.OpenAsync(cancellationToken);
        foreach (var database in server.Databases.Values.Distinct(StringComparer.Ordinal))
        {
            await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = database } } };
            if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
            {
                continue;
            }

            // An identifier cannot be a parameter; quoting it doubles its quotes.
            var identifier = database.Replace("\"", "\"\"", StringComparison.Ordinal);
            await using var create = new NpgsqlCommand($"CREATE DATABASE \"{identifier}\"", connection);
            try
            {
                await create.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateDatabase)
            {
                // Somebody else was faster; it is there, which is all that was wanted.
            }
        }
    }
}
