using System.Globalization;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Native;

/// <summary>A Qdrant server of ours: loopback only, configured by environment variables, telemetry off.</summary>
internal static class QdrantServer
{
    /// <summary>Makes its directory and says how to start the server on it.</summary>
    public static ChildSpecification Prepare(string name, string program, string dataDirectory, int httpPort, int grpcPort, string? apiKey)
    {
        ServerAccount.PrepareDirectory(dataDirectory);
        var environment = ChildEnvironment.ForServer();
        environment["HOME"] = dataDirectory;
        environment["QDRANT__SERVICE__HOST"] = "127.0.0.1";
        environment["QDRANT__SERVICE__HTTP_PORT"] = httpPort.ToString(CultureInfo.InvariantCulture);
        environment["QDRANT__SERVICE__GRPC_PORT"] = grpcPort.ToString(CultureInfo.InvariantCulture);
        environment["QDRANT__STORAGE__STORAGE_PATH"] = Path.Combine(dataDirectory, "storage");
        environment["QDRANT__STORAGE__SNAPSHOTS_PATH"] = Path.Combine(dataDirectory, "snapshots");
        environment["QDRANT__TELEMETRY_DISABLED"] = "true";
        if (apiKey is { Length: > 0 })
        {
            environment["QDRANT__SERVICE__API_KEY"] = apiKey;
        }

        var (fileName, arguments) = ServerAccount.Command(program, []);
        return new ChildSpecification
        {
            Name = name,
            FileName = fileName,
            Arguments = arguments,
            WorkingDirectory = dataDirectory,
            Environment = environment,
            StopTimeout = TimeSpan.FromSeconds(20),
            StopOrder = 1,
        };
    }
}
