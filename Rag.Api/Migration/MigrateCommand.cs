using Microsoft.Extensions.Options;
using Rag.Core;
using Rag.Core.Storage;
using RagPlatform.ServiceDefaults;
using RagPlatform.ServiceDefaults.Configuration;

namespace Rag.Api.Migration;

/// <summary>
/// <c>rag-api --migrate</c>: the same program as a job before a rollout. It makes what the database needs, says in words what that was, and
/// ends; the services then run with <c>Rag:Storage:Migrate=check</c> and wait for it. It serves nothing and reads no more than how the
/// database is reached.
/// </summary>
internal static class MigrateCommand
{
    private const string Switch = "--migrate";

    public static bool IsRequested(string[] arguments) => arguments is [Switch];

    /// <returns>0: the schema is what this version needs; 78: the configuration is wrong; 1: the database could not be brought there.</returns>
    public static async Task<int> RunAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        SecretFiles.Add(builder.Configuration);
        // What it did is told in words below; a log beside it would tell it twice.
        builder.Logging.ClearProviders();
        builder.Services.AddRagStorage(builder.Configuration);
        builder.Services.AddOptions<MigrationOptions>().Bind(builder.Configuration.GetSection("Rag:Migration")).ValidateDataAnnotations();
        builder.Services.AddSingleton<MigrationRun>();
        using var host = builder.Build();
        try
        {
            var result = await host.Services.GetRequiredService<MigrationRun>().RunAsync(
                static reason => Console.WriteLine($"Waiting for the database: {reason}"), CancellationToken.None);
            Report(result);
            return 0;
        }
        catch (OptionsValidationException e)
        {
            return await FailAsync(string.Join(' ', e.Failures), ServiceDefaultsExtensions.ConfigurationExitCode);
        }
        catch (InvalidOperationException e)
        {
            // A value that is not of its key's type; the binder names the key.
            return await FailAsync(e.Message, ServiceDefaultsExtensions.ConfigurationExitCode);
        }
        catch (RagException e)
        {
            return await FailAsync(e.InnerException is { } cause ? $"{e.Message} ({cause.Message})" : e.Message, exitCode: 1);
        }
    }

    private static void Report(MigrationResult result)
    {
        if (result.Schema.DatabaseCreated)
        {
            Console.WriteLine("The database was created.");
        }

        Console.WriteLine(result.Schema.Applied.Count == 0
            ? $"The schema is up to date at version {result.Schema.Version}; nothing was changed."
            : $"The schema is at version {result.Schema.Version} now. Applied: {string.Join(", ", result.Schema.Applied)}.");
        if (result.CreatedUser is { } user)
        {
            Console.WriteLine($"The user '{user}' was created. It may read and write rows and not change the schema.");
        }
    }

    private static async Task<int> FailAsync(string message, int exitCode)
    {
        await Console.Error.WriteLineAsync($"rag-api {Switch}: {message}");
        return exitCode;
    }
}
