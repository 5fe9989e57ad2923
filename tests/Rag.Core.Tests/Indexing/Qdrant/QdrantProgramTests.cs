using System.Net;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Qdrant;

/// <summary>That the fixture can run a program as it would run the real one: by Qdrant's own variables, with data that survives a kill.</summary>
public sealed class QdrantProgramTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("qdrant-program-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
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

    [ContractFact]
    public async Task What_Qdrants_description_does_not_know_is_refused_by_the_stand_in_and_told()
    {
        await using var server = await QdrantServer.StartStandInAsync();
        using var client = server.Client();

        using var field = await client.PutAsync("collections/made", Json("{\"vectors\":{},\"shards\":2}"));
        using var type = await client.PutAsync("collections/made", Json("{\"vectors\":{},\"shard_number\":\"2\"}"));
        using var operation = await client.GetAsync("collections/made/everything");

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (field.StatusCode, type.StatusCode, operation.StatusCode));
        Assert.Equal(3, (await server.ViolationsAsync()).Count);
    }

    [Fact]
    public async Task Without_Qdrants_description_the_stand_in_serves_and_says_that_it_checks_nothing()
    {
        await using var server = await QdrantServer.StartProgramAsync(Program(description: null));
        using var client = server.Client();

        using var made = await client.PutAsync("collections/made", Json("{\"vectors\":{\"dense\":{\"size\":2,\"distance\":\"Dot\"}},\"unknown\":1}"));
        using var put = await client.PutAsync("collections/made/points?wait=true", Json("{\"points\":[{\"id\":7,\"vector\":{\"dense\":[1,2]},\"payload\":{}}]}"));
        using var missing = await client.GetAsync("collections/other");
        using var broken = await client.PostAsync("collections/made/points/count", Json("{"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (made.StatusCode, put.StatusCode));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.BadRequest), (missing.StatusCode, broken.StatusCode));
        Assert.Contains("unchecked", await client.GetStringAsync(""), StringComparison.Ordinal);
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    private string Program() => Program(QdrantServer.Description);

    private string Program(string? description)
    {
        var program = Path.Combine(_folder.FullName, "qdrant");
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
