using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Conformance;

public sealed class EmbeddedConformanceTests(PostgresFixture postgres) : IndexConformance(postgres), IClassFixture<PostgresFixture>
{
    protected override Task<IReadOnlyList<(string Key, string Value)>> SettingsAsync() => Task.FromResult<IReadOnlyList<(string, string)>>([]);
}
