using System.Collections.Concurrent;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Processes;

namespace Rag.Testing;

/// <summary>An object store for tests: a real OpenStack Swift on a free loopback port, which can be killed and started again with what it had.</summary>
public sealed class S3Server : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // The distribution's packages belong to its own interpreter.
    private static readonly string[] Interpreters = ["/usr/bin/python3", "python3"];

    private readonly ConcurrentQueue<string> _output = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-test-s3-");
    private ChildProcess? _process;

    private S3Server()
    {
    }

    /// <summary>Root of its API.</summary>
    public Uri Url { get; } = new($"http://127.0.0.1:{FreePort.Next()}");

    /// <summary>Name of a key that may do everything.</summary>
    public string AccessKeyId => "rag:tests";

    /// <summary>The key.</summary>
    public string SecretAccessKey { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Starts one and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">Swift is not installed, or did not start.</exception>
    public static async Task<S3Server> StartAsync()
    {
        var server = new S3Server();
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>A client with every right.</summary>
    public AmazonS3Client Client() => new(
        new BasicAWSCredentials(AccessKeyId, SecretAccessKey),
        new AmazonS3Config { ServiceURL = Url.AbsoluteUri, ForcePathStyle = true, AuthenticationRegion = "us-east-1", IgnoreConfiguredEndpointUrls = true });

    /// <summary>Makes a bucket with a name of its own.</summary>
    public async Task<string> CreateBucketAsync()
    {
        var name = $"test-{Guid.NewGuid():N}";
        using var client = Client();
        await client.PutBucketAsync(new PutBucketRequest { BucketName = name });
        return name;
    }

    /// <summary>What a service is told about a bucket.</summary>
    public Dictionary<string, string?> Settings(string bucket, string prefix = "") => new()
    {
        ["Rag:Blobs:Provider"] = "s3",
        ["Rag:Blobs:S3:Endpoint"] = Url.AbsoluteUri,
        ["Rag:Blobs:S3:Bucket"] = bucket,
        ["Rag:Blobs:S3:Prefix"] = prefix,
        ["Rag:Blobs:S3:AccessKeyId"] = AccessKeyId,
        ["Rag:Blobs:S3:SecretAccessKey"] = SecretAccessKey,
    };

    /// <summary>The same as variables of a process, which reads its keys from files in a folder, as it does in a cluster.</summary>
    public Dictionary<string, string> Variables(string bucket, string folder)
    {
        var files = new Dictionary<string, string>();
        foreach (var (name, key) in new[] { ("AccessKeyId", AccessKeyId), ("SecretAccessKey", SecretAccessKey) })
        {
            files[$"Rag__Blobs__S3__{name}File"] = Path.Combine(folder, name);
            File.WriteAllText(Path.Combine(folder, name), key);
        }

        return new(Settings(bucket).Where(static pair => pair.Value is not null && !pair.Key.Contains("Key", StringComparison.Ordinal))
            .Select(static pair => KeyValuePair.Create(pair.Key.Replace(":", "__", StringComparison.Ordinal), pair.Value!))
            .Concat(files));
    }

    /// <summary>SIGKILL, as a crashed machine would.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.DisposeAsync();
            _process = null;
        }
    }

    /// <summary>Starts it after it was killed: same address, same keys, same buckets.</summary>
    /// <exception cref="InvalidOperationException">Swift is not installed, or did not start.</exception>
    public async Task StartAgainAsync()
    {
        foreach (var interpreter in Interpreters)
        {
            if (ProgramPath.Find(interpreter) is { } python && await TryAsync(python))
            {
                return;
            }
        }

        throw new InvalidOperationException(
            "OpenStack Swift is needed here. './rag test' installs it; by hand it is the package 'python3-swift', or 'pip install swift' for the python3 on PATH. "
            + $"What it said: {string.Join(" | ", _output.TakeLast(5))}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> TryAsync(string python)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var environment = new Dictionary<string, string>(ChildEnvironment.ForServer()) { ["OBJECT_STORE_KEY"] = SecretAccessKey };
        _process = ChildProcess.Start(
            new ChildSpecification
            {
                Name = "object-store",
                FileName = python,
                Arguments = [Path.Combine(Repository.Root, "tests", "Rag.Testing", "ObjectStore", "swift_s3.py"), _folder.FullName, $"{Url.Port}"],
                WorkingDirectory = _folder.FullName,
                Environment = environment,
            },
            records: null,
            (line, _) =>
            {
                _output.Enqueue(line);
                if (line == "listening")
                {
                    listening.TrySetResult();
                }
            });
        if (await Task.WhenAny(listening.Task, _process.Completion, Task.Delay(Limit)) == listening.Task)
        {
            return true;
        }

        await KillAsync();
        return false;
    }
}
