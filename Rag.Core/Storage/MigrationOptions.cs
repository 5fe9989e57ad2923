using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Storage;

/// <summary>What only <c>rag-api --migrate</c> may know. Section <c>Rag:Migration</c>.</summary>
public sealed class MigrationOptions
{
    /// <summary>
    /// Who makes the database, its tables and the services' user, where that is not the services' user itself. Those then read and write rows
    /// and cannot change the schema.
    /// </summary>
    public string? AdminUsername { get; set; }

    /// <summary>A file with the password of <see cref="AdminUsername"/>.</summary>
    public string? AdminPasswordFile { get; set; }

    /// <summary>How long a database that does not answer is waited for: on a new cluster it is still being started.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(5);
}
