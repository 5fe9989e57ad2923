using Microsoft.Extensions.Configuration;

namespace AppHost.Tests.Running;

public sealed class CliHandoverTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("apphost-handover-");

    private string File => Path.Combine(_directory.FullName, "secrets.json");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_file_with_comments_is_read_as_configuration_reads_it()
    {
        await System.IO.File.WriteAllTextAsync(File, """
            {
              // mine
              "Parameters:bootstrap-key": "kept",
            }
            """);
        await CliHandover.RecordAsync(File, "/srv/here", [("Rag:Url", "http://localhost:1")], CancellationToken.None);

        Assert.Equal("http://localhost:1", Read("Rag:Url"));
        Assert.Equal("/srv/here", Read("Rag:Checkout"));
        Assert.Equal("kept", Read("Parameters:bootstrap-key"));
    }

    [Fact]
    public async Task What_another_checkout_recorded_does_not_stand_beside_this_ones_name()
    {
        await CliHandover.RecordAsync(File, "/srv/there", [("Rag:Url", "http://localhost:1")], CancellationToken.None);
        await CliHandover.RecordAsync(File, "/srv/there", [("Rag:Database", "Host=there")], CancellationToken.None);
        Assert.Equal("http://localhost:1", Read("Rag:Url"));

        await CliHandover.RecordAsync(File, "/srv/here", [("Rag:Database", "Host=here")], CancellationToken.None);
        Assert.Null(Read("Rag:Url"));
        Assert.Equal("Host=here", Read("Rag:Database"));
    }

    private string? Read(string key) => new ConfigurationBuilder().AddJsonFile(File).Build()[key];
}
