using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RagPlatform.ServiceDefaults;
using RagPlatform.ServiceDefaults.Configuration;

namespace ServiceDefaults.Tests;

public sealed class StartTests
{
    [Fact]
    public async Task Every_validators_failures_stop_the_start_together()
    {
        var failure = await Assert.ThrowsAsync<ConfigurationInvalidException>(() => TestService.StartAsync(static builder =>
        {
            builder.Services.AddOptions<First>().Validate(static _ => false, "First is wrong.").ValidateOnStart();
            builder.Services.AddOptions<Second>().Validate(static _ => false, "Second is wrong.");
        }));

        Assert.Equal(["First is wrong.", "Second is wrong."], failure.Problems.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_wrong_configuration_ends_the_process_with_its_own_code_and_starts_nothing()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["Rag:Shutdown:Delay"] = "soon";
        builder.AddServiceDefaults("test");
        builder.Logging.ClearProviders();
        var made = false;
        builder.Services.AddSingleton<IHostedService>(_ =>
        {
            made = true;
            throw new InvalidOperationException("Made although the configuration is wrong.");
        });
        var app = builder.Build();

        Assert.Equal(ServiceDefaultsExtensions.ConfigurationExitCode, await app.RunServiceAsync());
        Assert.False(made);
    }

    [Fact]
    public async Task Secrets_in_files_win_over_the_environment_and_are_read_again()
    {
        var directory = Directory.CreateTempSubdirectory("rag-secrets-");
        try
        {
            var file = Path.Combine(directory.FullName, "Rag__Auth__BootstrapKey");
            await File.WriteAllTextAsync(file, "first");
            var configuration = new ConfigurationManager();
            configuration.AddInMemoryCollection([new(SecretFiles.DirectoryVariable, directory.FullName), new("Rag:Auth:BootstrapKey", "from elsewhere")]);
            SecretFiles.Add(configuration);
            Assert.Equal("first", configuration["Rag:Auth:BootstrapKey"]);

            await File.WriteAllTextAsync(file, "second");

            await Eventually.TrueAsync(() => configuration["Rag:Auth:BootstrapKey"] == "second", "the changed file was read");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private sealed class First;

    private sealed class Second;
}
