using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Rag.Testing;

namespace Rag.Cli.Tests.Api;

/// <summary>What the generated pods rely on: a .NET program trusts the file of <c>SSL_CERT_FILE</c> beside the folder of the system's authorities.</summary>
public sealed class OwnAuthorityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_authority_of_the_file_is_trusted_and_those_of_the_folder_still_are()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // other systems have stores of their own, and no pods of ours
        }

        using var own = new TestAuthority();
        using var system = new TestAuthority();
        _folder.File("system/system.pem", await File.ReadAllTextAsync(system.CaFile));
        await using var ofOwn = new TlsServer(own);
        await using var ofSystem = new TlsServer(system);

        Assert.Contains("ok      reach the API", await SmokeAsync(ofOwn.Url, own.CaFile), StringComparison.Ordinal);
        Assert.Contains("ok      reach the API", await SmokeAsync(ofSystem.Url, own.CaFile), StringComparison.Ordinal);
        Assert.Contains("FAILED  reach the API", await SmokeAsync(ofOwn.Url, file: null), StringComparison.Ordinal);
    }

    private async Task<string> SmokeAsync(string url, string? file)
    {
        var start = new ProcessStartInfo("dotnet", [ServiceProcess.ProgramOf("Rag.Cli", "rag"), "smoke", url, "--wait", "3s"])
        {
            RedirectStandardOutput = true,
            Environment = { ["SSL_CERT_DIR"] = Path.Combine(_folder.Path, "system") },
        };
        start.Environment["SSL_CERT_FILE"] = file ?? Path.Combine(_folder.Path, "none");
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    /// <summary>Answers every request with an empty list, with a certificate of the authority.</summary>
    private sealed class TlsServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly X509Certificate2 _certificate;
        private readonly Task _serving;

        public TlsServer(TestAuthority authority)
        {
            _certificate = authority.Issue("localhost").Certificate;
            _listener.Start();
            _serving = ServeAsync();
        }

        public string Url => $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
            _certificate.Dispose();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                try
                {
                    using var connection = await _listener.AcceptTcpClientAsync();
                    await using var tls = new SslStream(connection.GetStream());
                    await tls.AuthenticateAsServerAsync(_certificate);
                    _ = await tls.ReadAsync(new byte[8192]);
                    const string Body = """{"items":[],"nextCursor":null}""";
                    await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}"));
                }
                catch (Exception exception) when (exception is System.Security.Authentication.AuthenticationException or IOException)
                {
                    // A client that does not trust it hangs up.
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }
}
