using Rag.Testing;

namespace Rag.Ingest.Tests;

/// <summary>One server for every class of this assembly that needs one; a database for each.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}
