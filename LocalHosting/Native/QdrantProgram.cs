using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Native;

/// <summary>Where the program is, if it is there at all: distributions have no package of it.</summary>
internal static class QdrantProgram
{
    /// <summary>On PATH, else in the usual places; null when there is none.</summary>
    public static string? Find() => ProgramPath.Find("qdrant") ?? ProgramPath.Find("/usr/local/bin/qdrant") ?? ProgramPath.Find("/opt/qdrant/qdrant");
}
