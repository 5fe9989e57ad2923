using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rag.Testing;

namespace Rag.Deploy.Tests.Validators;

/// <summary>
/// Programs that know the types of Kubernetes and of operators from elsewhere than this project: two find fields that there are not, the other
/// words that are not allowed. npm fetches what they need once into a folder that is kept out of version control; the lock file pins what it fetches.
/// </summary>
internal static class ManifestValidators
{
    /// <summary>Fields that the API does not know or misses.</summary>
    public const string Fields = "fields.mjs";

    /// <summary>Fields of operators' objects that their definitions do not know or miss.</summary>
    public const string Types = "types.mjs";

    /// <summary>Words and types that it does not take.</summary>
    public const string Models = "models.mjs";

    private static readonly string Sources = Path.Combine(Repository.Root, "tests", "Rag.Deploy.Tests", "Validators");
    private static readonly string Folder = Path.Combine(Repository.Root, "artifacts", "validators");
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task> Installation = new(InstallAsync);

    /// <summary>What one of them says about objects.</summary>
    public static async Task<Verdict> JudgeAsync(string validator, IEnumerable<JsonObject> objects)
    {
        await Installation.Value;
        var answer = await RunAsync("node", [validator], new JsonArray([.. objects.Select(static one => one.DeepClone())]).ToJsonString());
        return JsonSerializer.Deserialize<Verdict>(answer, JsonSerializerOptions.Web) ?? throw new InvalidOperationException($"{validator} answered nothing.");
    }

    // The copy of the lock file is written last: as long as it is not there, or another one, nothing is installed.
    private static async Task InstallAsync()
    {
        const string Lock = "package-lock.json";
        Directory.CreateDirectory(Folder);
        // Node looks for packages beside the program.
        foreach (var program in Directory.EnumerateFiles(Sources, "*.mjs"))
        {
            File.Copy(program, Path.Combine(Folder, Path.GetFileName(program)), overwrite: true);
        }

        var wanted = await File.ReadAllTextAsync(Path.Combine(Sources, Lock));
        var done = Path.Combine(Folder, "installed.json");
        if (File.Exists(done) && await File.ReadAllTextAsync(done) == wanted)
        {
            return;
        }

        foreach (var file in new[] { "package.json", Lock, ".npmrc" })
        {
            File.Copy(Path.Combine(Sources, file), Path.Combine(Folder, file), overwrite: true);
        }

        await RunAsync("npm", ["ci", "--loglevel=error"], input: "");
        await File.WriteAllTextAsync(done, wanted);
    }

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            using var process = Process.Start(start)!;
            using var limit = new CancellationTokenSource(Limit);
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' in {Folder} failed: {await error}");
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"'{program}' cannot be run: {exception.Message}. The validators of manifests need Node.js 20 and npm on PATH.", exception);
        }
    }
}

/// <summary>What a validator says.</summary>
/// <param name="Faults">One line for each.</param>
/// <param name="Unknown">Versions and kinds that it knows nothing of.</param>
internal sealed record Verdict(IReadOnlyList<string> Faults, IReadOnlyList<string> Unknown);
