using System.Net;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Qdrant;

/// <summary>That the fixture can run a program as it would run the real one: by Qdrant's own variables, with data that survives a kill.</summary>
public sealed class QdrantProgramTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("qdrant-program-");

    public void Dispose() => _folder.Delete(recursive: true);

    [StandInFact]
    public async Task A_program_is_started_with_a_key_on_a_port_and_a_folder_of_its_own()
    {
        await using var server = await QdrantServer.StartProgramAsync(Program());
        Assert.False(server.IsStandIn);
        using var client = server.Client();
        using var made = await client.PutAsync("collections/kept", new StringContent("{\"vectors\":{}}", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);

        await server.KillAsync();
        await server.RestartAsync();

        Assert.Contains("\"kept\"", await client.GetStringAsync("collections"), StringComparison.Ordinal);
        client.DefaultRequestHeaders.Clear();
        using var refused = await client.GetAsync("collections");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private string Program()
    {
        var program = Path.Combine(_folder.FullName, "qdrant");
        var description = Path.GetFullPath(Repository.Shared("qdrant-openapi.json"));
        File.WriteAllText(program, $"#!/bin/sh\nQDRANT_OPENAPI='{description}' exec dotnet '{ServiceProcess.ProgramOf("tests/Qdrant.StandIn", "qdrant-stand-in")}'\n");
        if (!OperatingSystem.IsWindows())
        {
            // Servers of root's run as another account.
            const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            File.SetUnixFileMode(_folder.FullName, Everybody | UnixFileMode.UserWrite);
            File.SetUnixFileMode(program, Everybody);
        }

        return program;
    }
}
