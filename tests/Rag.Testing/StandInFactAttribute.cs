using Xunit;

namespace Rag.Testing;

/// <summary>A test that needs the stand-in, whatever else there is; skipped with the reason where it cannot be had.</summary>
public sealed class StandInFactAttribute : FactAttribute
{
    public StandInFactAttribute() => Skip = QdrantServer.StandInRefusal;
}
