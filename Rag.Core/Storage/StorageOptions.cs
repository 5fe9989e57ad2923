using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Storage;

/// <summary>How PostgreSQL is reached. Section <c>Rag:Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>Npgsql's connection string; <c>ConnectionStrings:ragdb</c> when this one is not set.</summary>
    [Required(ErrorMessage = "No database is configured: set ConnectionStrings:ragdb (ConnectionStrings__ragdb) or Rag:Storage:ConnectionString.")]
    public string ConnectionString { get; set; } = "";

    /// <summary>A file that holds nothing but the password; read at every new connection, so that it may be rotated.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Whether this process changes the schema or only checks it.</summary>
    public MigrationMode Migrate { get; set; } = MigrationMode.Auto;

    /// <summary>
    /// Connections of one process at most. A worker holds two always, to listen and to be seen, and the one that writes to Qdrant three more;
    /// sweeping takes up to three, and storing and claiming one each.
    /// </summary>
    [Range(10, 500)]
    public int MaxPoolSize { get; set; } = 15;

    /// <summary>How long one statement may run.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>What a starting process does about the schema.</summary>
public enum MigrationMode
{
    /// <summary>Brings it up to date.</summary>
    Auto,

    /// <summary>Waits until somebody else did.</summary>
    Check,
}
