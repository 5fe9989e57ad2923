using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Rag.Deploy.Kubernetes;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>The scripts of a bundled Redis, run as its pod runs them, with the real server.</summary>
public sealed class RedisPlanTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-redis-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("plain0123456789")]
    // What a store of secrets may make up, and Redis' configuration takes for something else.
    [InlineData("a b\"c\\d'e#f%g\\")]
    public async Task Whatever_the_password_is_the_server_asks_for_it_and_the_probe_knows_it(string password)
    {
        var plan = Environments.Plan("dev");
        var config = plan.Find<ConfigMap>("cache-config").Data!;
        var port = FreePort();
        var (own, whole) = (Path.Combine(_folder.FullName, "own.conf"), Path.Combine(_folder.FullName, "whole.conf"));
        await File.WriteAllTextAsync(own, string.Create(CultureInfo.InvariantCulture, $"bind 127.0.0.1\nport {port}\ndir {_folder.FullName}\nsave \"\"\n"));
        var (right, wrong) = (Path.Combine(_folder.FullName, "right"), Path.Combine(_folder.FullName, "wrong"));
        await File.WriteAllTextAsync(right, password + "\n");
        await File.WriteAllTextAsync(wrong, "another");
        var start = config["start.sh"].Replace("/etc/redis/redis.conf", own, StringComparison.Ordinal).Replace("/tmp/redis.conf", whole, StringComparison.Ordinal);
        var probe = plan.Find<StatefulSet>("cache").Spec.Template.Spec.Containers[0].ReadinessProbe!.Exec!.Command[2]
            .Replace("redis-cli ", string.Create(CultureInfo.InvariantCulture, $"redis-cli -p {port} "), StringComparison.Ordinal);

        using var server = Start(start, right);
        try
        {
            await Eventually.TrueAsync(() => IsOkAsync(probe, right), "Redis answers to who knows the password");

            Assert.False(await IsOkAsync(probe, wrong));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(whole));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> IsOkAsync(string script, string passwordFile)
    {
        using var process = Start(script, passwordFile);
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    private static Process Start(string script, string passwordFile)
    {
        var start = new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["PASSWORD_FILE"] = passwordFile, ["HOSTNAME"] = "cache-0" } };
        var process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        return process;
    }
}
