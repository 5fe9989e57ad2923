using Xunit;

namespace Rag.Testing;

/// <summary>A test that needs a vector server; skipped with the reason where none can be had.</summary>
public sealed class QdrantFactAttribute : FactAttribute
{
    public QdrantFactAttribute() => Skip = QdrantServer.Refusal;
}
