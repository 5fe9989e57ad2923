using System.CommandLine;
using System.Net.Sockets;
using Npgsql;
using Rag.Cli.Connection;

namespace Rag.Cli.Backup;

/// <summary>The database itself, which only backup and restore talk to; everything else goes through the API.</summary>
internal static class DatabaseConnection
{
    private const string Variable = "ConnectionStrings__ragdb";

    public static Option<string?> Option() => new("--connection") { Description = $"Connection string of the database (or {Variable}), if it is not the one that './rag up' runs here." };

    public static Option<string?> BlobsOption() => new("--blobs") { Description = "Folder of the originals, if it is not .rag/blobs." };

    public static string BlobRoot(CliContext context, string? option) =>
        option is null ? Path.Combine(context.RequireCheckout().State, "blobs") : Path.GetFullPath(option, context.WorkingDirectory);

    /// <exception cref="CliException">No database is known, or it does not answer.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(CliContext context, string? option, CancellationToken cancellationToken)
    {
        var text = option ?? context.Variable(Variable) ?? context.Recorded(RecordedSettings.DatabaseKey)
            ?? throw new CliException("No database is known on this machine.", $"Start './rag up', or name one with --connection or {Variable}.", ExitCode.Unavailable);
        NpgsqlConnection connection;
        try
        {
            connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(text) { Pooling = false, Timeout = 15 }.ConnectionString);
        }
        catch (ArgumentException exception)
        {
            // The library's message may repeat parts of the text, which holds a password.
            throw new CliException("The connection string is not one that PostgreSQL's driver understands.", "It looks like Host=...;Port=...;Username=...;Password=...;Database=ragdb.", ExitCode.Usage, exception);
        }

        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException or TimeoutException)
        {
            await connection.DisposeAsync();
            throw new CliException(
                $"The database at {connection.Host}:{connection.Port} does not answer: {exception.Message}", "It runs while './rag up' does.", ExitCode.Unavailable, exception);
        }
    }
}
