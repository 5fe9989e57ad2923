using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Rag.Testing;

namespace Rag.Bench;

/// <summary>The images that <c>rag images</c> made: what they weigh, and how long one takes from its start to its first 200, run as a node runs it.</summary>
internal static class ImagesBench
{
    private static readonly string[] Services = ["rag-api", "rag-ingest", "rag-web"];

    public static async Task<Table> RunAsync(string folder, bool quick)
    {
        var table = new Table("images", "image", "archive", "base", "our own layer", "unpacked", "`run` to 200 of /health/ready", "its process to that", "memory then");
        var podman = await Podman.FindAsync();
        if (podman is null)
        {
            Console.Error.WriteLine("podman is not on PATH: sizes only.");
        }

        await using var postgres = podman is null ? null : await PostgresInstance.StartAsync(durable: true);
        var environment = postgres is null ? [] : new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = await postgres.CreateDatabaseAsync(),
            ["Rag__Auth__BootstrapKey"] = "bench-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(20)),
            // As in a cluster, where replicas share no folder.
            ["Rag__Blobs__Provider"] = "postgres",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
        };
        var api = FreePort();
        environment["services__rag-api__http__0"] = $"http://127.0.0.1:{api}";
        Container? running = null;
        foreach (var name in Services.Append("rag-cli"))
        {
            var file = Path.Combine(folder, $"{name}.tar");
            if (!File.Exists(file))
            {
                Console.Error.WriteLine($"{file} is not there: 'rag images' makes it; --archives names another folder.");
                table.Faults++;
                continue;
            }

            var size = ImageSize.Of(file);
            string[] started = ["-", "-", "-"];
            if (podman is not null)
            {
                var image = await podman.LoadAsync(file);
                started = name == "rag-cli" ? [$"{await MedianAsync(quick, () => podman.RunToEndAsync(image, "--version")):F2} s (`rag --version` to its end)", "-", "-"]
                    : await StartsAsync(podman, image, environment, name == "rag-api" ? api : FreePort(), quick);
            }

            table.Add([name, MiB(size.Archive), MiB(size.Base), MiB(size.Own), MiB(size.OwnUnpacked), .. started]);
            if (name == "rag-api" && podman is not null)
            {
                // The front end is ready when it reaches it.
                running = await podman.StartAsync(await podman.LoadAsync(file), environment, api);
                await running.ReadyAsync();
            }
        }

        if (running is not null)
        {
            await running.DisposeAsync();
        }

        return table;
    }

    private static async Task<string[]> StartsAsync(Podman podman, string image, Dictionary<string, string> environment, int port, bool quick)
    {
        var memory = new List<double>();
        var process = new List<double>();
        var run = await MedianAsync(quick, async () =>
        {
            await using var container = await podman.StartAsync(image, environment, port);
            var (sinceRun, sinceProcess) = await container.ReadyAsync();
            process.Add(sinceProcess);
            memory.Add(BenchStack.ResidentMiB(await container.ProcessIdAsync()));
            return sinceRun;
        });
        return [$"{run:F2} s", $"{Median(process[1..]):F2} s", $"{Median(memory[1..]):F0} MiB"];
    }

    // The first one reads everything from the disk for the first time, and makes the schema.
    private static async Task<double> MedianAsync(bool quick, Func<Task<double>> measureAsync)
    {
        await measureAsync();
        var seconds = new List<double>();
        for (var i = 0; i < (quick ? 1 : 5); i++)
        {
            seconds.Add(await measureAsync());
        }

        return Median(seconds);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    private static string MiB(long bytes) => $"{bytes / 1024.0 / 1024.0:F1} MiB";

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>podman, which runs containers as a node does: nothing writable but /tmp, no capabilities, user 10001.</summary>
    private sealed class Podman
    {
        private static readonly string[] Restricted =
            ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "10001:10001", "--network", "host"];

        public static async Task<Podman?> FindAsync()
        {
            try
            {
                await new Podman().RunAsync(["ps", "--quiet"]);
                return new Podman();
            }
            catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                Console.Error.WriteLine(exception.Message);
                return null;
            }
        }

        // Loaded image: docker.io/library/rag-api:0.1.0
        public async Task<string> LoadAsync(string file) => (await RunAsync(["load", "--quiet", "--input", file])).Trim().Split(": ", 2)[^1];

        public async Task<double> RunToEndAsync(string image, params string[] arguments)
        {
            var watch = Stopwatch.StartNew();
            await RunAsync(["run", "--rm", .. Restricted, "--env", "HOME=/tmp", image, .. arguments]);
            return watch.Elapsed.TotalSeconds;
        }

        public async Task<Container> StartAsync(string image, Dictionary<string, string> environment, int port)
        {
            var name = $"rag-bench-{Guid.NewGuid():N}";
            var all = new Dictionary<string, string>(environment) { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}" };
            var watch = Stopwatch.StartNew();
            // Values by the environment: arguments can be read by everybody on the machine.
            await RunAsync(["run", "--detach", "--name", name, .. Restricted, .. all.Keys.SelectMany(static key => new[] { "--env", key }), image], all);
            return new Container(this, name, port, watch);
        }

        public async Task<string> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
        {
            var start = new ProcessStartInfo("podman", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (key, value) in environment ?? new Dictionary<string, string>())
            {
                start.Environment[key] = value;
            }

            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"podman {arguments[0]}: {(await error).Trim()}");
        }
    }

    private sealed class Container(Podman podman, string name, int port, Stopwatch sinceRun) : IAsyncDisposable
    {
        private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

        /// <summary>Waits for it; seconds since <c>podman run</c> was started, and since the process in it was.</summary>
        public async Task<(double SinceRun, double SinceProcess)> ReadyAsync()
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(5) };
            while (!await IsReadyAsync(client))
            {
                if (sinceRun.Elapsed > Limit)
                {
                    throw new TimeoutException($"{name} was not ready within {Limit}: {await podman.RunAsync(["logs", name])}");
                }

                await Task.Delay(10);
            }

            var (elapsed, now) = (sinceRun.Elapsed.TotalSeconds, DateTimeOffset.UtcNow);
            var started = DateTimeOffset.Parse((await podman.RunAsync(["inspect", "--format", "{{.State.StartedAt.Format \"2006-01-02T15:04:05.000Z07:00\"}}", name])).Trim(), CultureInfo.InvariantCulture);
            return (elapsed, (now - started).TotalSeconds);
        }

        public async Task<int> ProcessIdAsync() => int.Parse((await podman.RunAsync(["inspect", "--format", "{{.State.Pid}}", name])).Trim(), CultureInfo.InvariantCulture);

        public async ValueTask DisposeAsync() => await podman.RunAsync(["rm", "--force", "--time", "10", name]);

        private static async Task<bool> IsReadyAsync(HttpClient client)
        {
            try
            {
                using var response = await client.GetAsync("/health/ready");
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
                return false;
            }
        }
    }
}
