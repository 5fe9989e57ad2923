using System.Xml.Linq;
using Rag.Cli.Processes;

namespace Rag.Cli.Up;

/// <summary>
/// Switches a checkout between LocalHosting and Aspire's own packages. The switch is a git-ignored file, written on request and after a
/// trial restore: the same checkout never builds differently by accident.
/// </summary>
internal static class AspirePackages
{
    public static bool IsOn(Checkout checkout) => File.Exists(LocalProps(checkout));

    /// <exception cref="CliException">This machine's package feed does not serve Aspire.</exception>
    public static async Task SwitchAsync(CliContext context, Checkout checkout, bool on, CancellationToken cancellationToken)
    {
        if (!on)
        {
            File.Delete(LocalProps(checkout));
            return;
        }

        if (IsOn(checkout))
        {
            return;
        }

        context.Terminal.Line("Trying whether the package feed serves Aspire ...");
        var version = XDocument.Load(Path.Combine(checkout.Root, "Directory.Packages.props")).Descendants("AspireVersion").First().Value;
        var probe = Directory.CreateTempSubdirectory("rag-aspire-probe-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(probe, "Probe.csproj"), Project(version), cancellationToken);
            var restore = await ChildProgram.CaptureAsync("dotnet", ["restore", "-nologo", "-v", "q"], probe, TimeSpan.FromMinutes(5), cancellationToken: cancellationToken);
            if (!restore.Succeeded)
            {
                throw new CliException(
                    $"The package feed of this machine does not serve Aspire {version}.", "Start without --aspire; LocalHosting runs the same AppHost.", ExitCode.Unavailable);
            }
        }
        finally
        {
            Directory.Delete(probe, recursive: true);
        }

        await File.WriteAllTextAsync(
            LocalProps(checkout), "<Project><PropertyGroup><UseAspire>true</UseAspire></PropertyGroup></Project>\n", cancellationToken);
    }

    private static string LocalProps(Checkout checkout) => Path.Combine(checkout.Root, "Aspire.local.props");

    private static string Project(string version) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <Sdk Name="Aspire.AppHost.Sdk" Version="{version}" />
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <IsAspireHost>true</IsAspireHost>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Aspire.Hosting.AppHost" Version="{version}" />
            <PackageReference Include="Aspire.Hosting.PostgreSQL" Version="{version}" />
            <PackageReference Include="Aspire.Hosting.Redis" Version="{version}" />
            <PackageReference Include="Aspire.Hosting.Qdrant" Version="{version}" />
          </ItemGroup>
        </Project>
        """;
}
