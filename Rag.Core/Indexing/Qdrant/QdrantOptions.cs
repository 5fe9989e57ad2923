using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// How Qdrant is reached, and how its collection is made. Section <c>Rag:Index:Qdrant</c>; its key is that of the section above.
/// What the collection is made with takes effect with the next <c>rag reindex</c>.
/// </summary>
public sealed class QdrantOptions
{
    /// <summary>Root of its REST API; from <c>ConnectionStrings:vectors_http</c> when this is not set.</summary>
    public Uri? Url { get; set; }

    /// <summary>PEM file with the authorities that its certificate is checked against, beside those of the system.</summary>
    public string? CaFile { get; set; }

    /// <summary>What the names of its collections begin with, for installations that share one Qdrant.</summary>
    [RegularExpression("^[a-z0-9][a-z0-9_-]{0,62}$", ErrorMessage = "Rag:Index:Qdrant:Prefix may hold a-z, 0-9, - and _, at most 63 characters.")]
    public string Prefix { get; set; } = "rag";

    /// <summary>How long a search or another question may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a change may take: a cluster agrees on a new collection, many points are removed. Nobody waits for it but the projector.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan ChangeTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often what it holds is compared with the database.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan CompareInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Shards; null: Qdrant's own choice.</summary>
    [Range(1, 1000)]
    public int? Shards { get; set; }

    /// <summary>Copies of each shard.</summary>
    [Range(1, 100)]
    public int ReplicationFactor { get; set; } = 1;

    /// <summary>Copies that must have a change before it counts.</summary>
    [Range(1, 100)]
    public int WriteConsistencyFactor { get; set; } = 1;

    /// <summary>Vectors on disk instead of in memory.</summary>
    public bool VectorsOnDisk { get; set; }

    /// <summary>Payload on disk instead of in memory; its indexes stay in memory.</summary>
    public bool PayloadOnDisk { get; set; } = true;

    /// <summary>What is searched first, before the best are looked at in full.</summary>
    public QdrantQuantization Quantization { get; set; } = QdrantQuantization.None;

    /// <summary>
    /// Constant of the reciprocal rank fusion in a hybrid search. Small: the first places of each ranking count most.
    /// </summary>
    [Range(1, 1000)]
    public int FusionK { get; set; } = 2;
}

/// <summary>How vectors are made smaller.</summary>
public enum QdrantQuantization
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>One byte a number, kept in memory.</summary>
    Int8,
}
