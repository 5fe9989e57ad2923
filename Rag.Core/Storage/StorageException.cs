using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace Rag.Core.Storage;

/// <summary>PostgreSQL could not do what was asked: <c>storage-away</c> when it will again, <c>storage-failed</c> when something must be changed first.</summary>
public sealed class StorageException : RagException
{
    private StorageException(string code, string message, bool isTransient, Exception inner)
        : base(code, message, isTransient, inner)
    {
    }

    /// <summary>
    /// Whether the connection or the server went away in the middle: nothing was refused, and nothing took too long. What is full, or too
    /// slow for its time limit, on either side, is not that.
    /// </summary>
    public bool IsInterruption => Code == Away && InnerException is not (
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } or NpgsqlException { InnerException: TimeoutException });

    /// <summary>The stable code of a database that cannot be reached or is not prepared yet.</summary>
    public const string Away = "storage-away";

    /// <summary>The stable code of every other failure of the database.</summary>
    public const string Failed = "storage-failed";

    /// <summary>Wraps a failure of Npgsql; null when <paramref name="exception"/> is none, so that it can be rethrown as it is.</summary>
    public static StorageException? From(Exception exception) => exception switch
    {
        StorageException storage => storage,
        PostgresException postgres => FromServer(postgres),
        NpgsqlException { InnerException: AuthenticationException } npgsql => new StorageException(Away, UntrustedMessage, isTransient: true, npgsql),
        // Npgsql's own time-out has a TimeoutException inside; a torn connection an IOException or SocketException.
        NpgsqlException npgsql => new StorageException(Away, AwayMessage, isTransient: true, npgsql),
        SocketException socket => new StorageException(Away, AwayMessage, isTransient: true, socket),
        _ => null,
    };

    /// <summary>The connection broke between two calls, or as it was made.</summary>
    internal static StorageException Lost(Exception exception) => new(Away, AwayMessage, isTransient: true, exception);

    private const string AwayMessage = "The database cannot be reached at the moment. It is tried again; if this lasts, check that PostgreSQL runs and that ConnectionStrings:ragdb names it.";

    private const string UntrustedMessage =
        "The database server's certificate is not trusted for the name that it is reached by. Check that the file of SSL_CERT_FILE holds its authority, and that ConnectionStrings:ragdb names the server as its certificate does.";

    private static StorageException FromServer(PostgresException exception) => exception.SqlState switch
    {
        // https://www.postgresql.org/docs/15/errcodes-appendix.html
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new StorageException(
            Away, "The database refused the user name or password. Check ConnectionStrings:ragdb and Rag:Storage:PasswordFile.", isTransient: true, exception),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidCatalogName => new StorageException(
            Away, "The database is not prepared yet. It is as soon as its migrations have run.", isTransient: true, exception),
        PostgresErrorCodes.DiskFull => new StorageException(
            "disk-full", "The database's disk is full. Make room on it and try again.", isTransient: true, exception),
        PostgresErrorCodes.ReadOnlySqlTransaction => new StorageException(
            Away, "The database is read-only at the moment, as a standby is before it takes over.", isTransient: true, exception),
        // 08P01 means that we spoke wrongly, which waiting does not mend; Npgsql counts it among the passing ones.
        not PostgresErrorCodes.ProtocolViolation when exception.IsTransient || IsShuttingDown(exception.SqlState) => new StorageException(Away, AwayMessage, isTransient: true, exception),
        _ => new StorageException(Failed, $"The database refused a statement ({exception.SqlState}). This is a fault of the program; its log has the details.", isTransient: false, exception),
    };

    // Class 57 is operator intervention: shutdown, crash, recovery; 57014 is a cancelled statement, which includes its time-out. Class 08 is the connection's.
    private static bool IsShuttingDown(string state) => state.StartsWith("57", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal);
}
