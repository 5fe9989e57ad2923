using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Aspire.Hosting.Health;

/// <summary>Opens a connection to a server (its maintenance database) or to a database and runs a statement.</summary>
internal sealed class PostgresCheck(IResourceWithConnectionString resource) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var connection = new NpgsqlConnection(await PostgresConnection.StringAsync(resource, cancellationToken));
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or MissingParameterValueException)
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
    }
}

internal static class PostgresConnection
{
    /// <summary>The connection string of a server or database for a short errand: not pooled, quick to give up.</summary>
    public static async Task<string> StringAsync(IResourceWithConnectionString resource, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlConnectionStringBuilder(await resource.GetConnectionStringAsync(cancellationToken)) { Pooling = false, Timeout = 5, CommandTimeout = 5 };
        if (resource is PostgresServerResource)
        {
            builder.Database = "postgres";
        }

        return builder.ConnectionString;
    }
}
