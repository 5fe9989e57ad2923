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

    public static Option<string?> BlobsOption() => new("--blobs") { Description = "Folder of the originals, if it is not .rag/blobs; needed with --connection, unless they are in the database." };

    /// <summary>The folder of the originals; null when another database is named, and no folder: this checkout's originals are not that one's.</summary>
    public static string? BlobRoot(CliContext context, string? option, string? connection) => option switch
    {
        not null => Path.GetFullPath(option, context.WorkingDirectory),
        null when (connection ?? context.Variable(Variable)) is not null => null,
        _ => Path.Combine(context.RequireCheckout().State, "blobs"),
    };

    /// <summary>What to say where <see cref="BlobRoot"/> is null and one is needed.</summary>
    /// <param name="alternative">What else would do, as the rest of a sentence.</param>
    public static CliException NoBlobRoot(string alternative = "") => new(
        "A database is named, but not where its originals are.", $"Add --blobs FOLDER to --connection or {Variable}{alternative}. Nothing was changed.", ExitCode.Usage);

    /// <exception cref="CliException">No database is known, the known one is another checkout's, or it does not answer.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(CliContext context, string? option, CancellationToken cancellationToken)
    {
        var text = option ?? context.Variable(Variable) ?? RecordedHere(context)
            ?? throw new CliException("No database is known on this machine.", $"Start './rag up', or name one with --connection or {Variable}.", ExitCode.Unavailable);
        NpgsqlConnection connection;
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(text) { Pooling = false, Timeout = 15 };
            if (option is not null && settings.Password is not null)
            {
                throw new CliException(
                    "A password on the command line can be read by everybody who may list processes.",
                    $"Put the connection string into {Variable} instead, or the password into PGPASSWORD or the file that PGPASSFILE names. Nothing was changed.",
                    ExitCode.Usage);
            }

            connection = new NpgsqlConnection(settings.ConnectionString);
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

    /// <summary>
    /// The database that this checkout's AppHost recorded. Another checkout's is refused: its originals are in that one's <c>.rag/blobs</c>,
    /// and an archive must not hold the rows of one with the files of the other.
    /// </summary>
    private static string? RecordedHere(CliContext context)
    {
        if (context.Recorded(RecordedSettings.DatabaseKey) is not { } recorded)
        {
            return null;
        }

        return context.Recorded(RecordedSettings.CheckoutKey) switch
        {
            null => throw new CliException(
                "The recorded database does not say which checkout it belongs to.",
                "Start './rag up' here once more, or pass --connection and --blobs. Nothing was changed.",
                ExitCode.Unavailable),
            var owner when context.Checkout is null || !context.Checkout.Is(owner) => throw new CliException(
                $"The recorded database belongs to another checkout: {owner}.",
                "Run this command there, start './rag up' here first, or pass --connection and --blobs. Nothing was changed.",
                ExitCode.Unavailable),
            _ => recorded,
        };
    }
}
