using System.Diagnostics;
using System.Runtime.Versioning;
using Rag.Cli.Deployment.Images;
using Rag.Cli.Tests.Deployment.Clusters;
using Rag.Cli.Tests.Deployment.Images;
using Rag.Deploy.Planning;
using Rag.Testing;

namespace Rag.Cli.Tests.Deployment.Bundle;

/// <summary>Skips where no containerd can be run.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContainerdFactAttribute : FactAttribute
{
    public ContainerdFactAttribute()
    {
        if (!IsHere("containerd") || !IsHere("ctr") || Environment.UserName != "root")
        {
            Skip = "containerd is not installed, or this is not root: nothing takes images as a node does.";
        }
    }

    private static bool IsHere(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}

/// <summary>With a containerd of the test's own, as kubelets have it: what it refuses no pod can run.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContainerdTests : IDisposable
{
    private const string Api = "registry.example.com/rag/rag-api:0.1.0";

    private readonly TemporaryFolder _folder = new();
    private readonly ScriptedKubectl _kubectl = new();

    public void Dispose()
    {
        _kubectl.Dispose();
        _folder.Dispose();
    }

    [ContainerdFact]
    public async Task What_the_SDK_writes_is_refused_and_what_was_made_ready_is_there_under_its_name()
    {
        var file = TestArchives.RunnableOfSdk(_folder, "api.tar", "docker.io/library/rag-api:0.1.0");
        await using var node = await Node.StartAsync(_folder);

        var before = await node.CtrAsync("images", "import", file);
        await ImageArchive.PrepareAsync(file, ImageReference.Parse(Api), CancellationToken.None);
        var after = await node.CtrAsync("images", "import", file);

        Assert.Contains("might be filtered out", before.Output, StringComparison.Ordinal);
        Assert.True(after.ExitCode == 0, after.Output);
        Assert.Equal([Api], (await node.CtrAsync("images", "list", "--quiet")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("complete", (await node.CtrAsync("images", "check")).Output, StringComparison.Ordinal);
    }

    [ContainerdFact]
    public async Task A_bundle_that_is_loaded_onto_a_node_has_every_image_under_the_name_in_the_manifests()
    {
        var bundle = Path.Combine(_folder.Path, "bundle.tar");
        var packed = await _kubectl.RunAsync(["bundle", bundle, "--no-generate", "--image-archive", TestArchives.RunnableOfSdk(_folder, "rag-api.tar", "docker.io/library/rag-api:0.1.0")]);
        Assert.True(packed.ExitCode == 0, packed.Error + packed.Output);
        await System.Formats.Tar.TarFile.ExtractToDirectoryAsync(bundle, _folder.Path, overwriteFiles: false);
        await using var node = await Node.StartAsync(_folder);

        var loaded = await node.RunAsync("sh", Path.Combine(Assert.Single(Directory.GetDirectories(_folder.Path, "ragplatform-*")), "load.sh"), "node");

        Assert.True(loaded.ExitCode == 0, loaded.Output);
        Assert.Contains(Api, (await node.CtrAsync("images", "list", "--quiet")).Output, StringComparison.Ordinal);
        // What a pod is made of it: the platform is looked for once more.
        var mounted = await node.CtrAsync("images", "mount", "--snapshotter", "native", Api, Directory.CreateDirectory(Path.Combine(_folder.Path, "root")).FullName);
        Assert.True(mounted.ExitCode == 0, mounted.Output);
        await node.CtrAsync("images", "unmount", Path.Combine(_folder.Path, "root"));
    }

    private sealed class Node : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly string _address;

        private Node(Process process, string address)
        {
            _process = process;
            _address = address;
        }

        public static async Task<Node> StartAsync(TemporaryFolder folder)
        {
            // The address of a socket may have no more than 108 characters.
            var address = Path.Combine(folder.Path, "c.sock");
            var config = folder.File("containerd.toml", $"""
                version = 2
                root = "{folder.Path}/containerd/root"
                state = "{folder.Path}/containerd/state"
                disabled_plugins = ["io.containerd.grpc.v1.cri"]
                [grpc]
                  address = "{address}"
                [ttrpc]
                  address = "{address}.ttrpc"
                """);
            var process = Process.Start(new ProcessStartInfo("containerd", ["--config", config, "--log-level", "error"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            _ = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            var node = new Node(process, address);
            await Eventually.TrueAsync(async () => (await node.CtrAsync("version")).ExitCode == 0, "containerd answers");
            return node;
        }

        public Task<(int ExitCode, string Output)> CtrAsync(params string[] arguments) => RunAsync("ctr", ["--namespace", "k8s.io", .. arguments]);

        public async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
        {
            // As on a node where the file system of the test's folder is none that layers can be stacked on.
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["CONTAINERD_ADDRESS"] = _address, ["CONTAINERD_SNAPSHOTTER"] = "native" } };
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output + await error);
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
