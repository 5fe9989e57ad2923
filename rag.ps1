#!/usr/bin/env pwsh
# The launcher for PowerShell: finds the .NET SDK, builds the command line when its sources changed, and hands over to it.
# Untested: RagPlatform is developed and tested on Linux with the bash launcher beside this file.
$ErrorActionPreference = 'Stop'

$self = Get-Item -LiteralPath $PSCommandPath
if ($self.ResolvedTarget) { $self = Get-Item -LiteralPath $self.ResolvedTarget }
$env:RAG_HOME = $self.Directory.FullName
if (-not $env:DOTNET_CLI_TELEMETRY_OPTOUT) { $env:DOTNET_CLI_TELEMETRY_OPTOUT = '1' }
if (-not $env:DOTNET_NOLOGO) { $env:DOTNET_NOLOGO = '1' }

# The projects that rag.dll is made of, and the files that Rag.Cli.csproj links from elsewhere.
$projects = 'Rag.Cli', 'Rag.Client', 'Rag.Core', 'Rag.Deploy'
$linked = @(
  'LocalHosting/Dashboard/DashboardProgram.cs'
  'LocalHosting/Native/PostgresBinaries.cs'
  'LocalHosting/Native/QdrantProgram.cs',
  'LocalHosting/Orchestration/Infrastructure/InfrastructureForecast.cs',
  'LocalHosting/Orchestration/Processes/ProgramPath.cs'
  'LocalHosting/Orchestration/Processes/ProcessIdentity.cs'
  'LocalHosting/Orchestration/Processes/Signals.cs'
  'LocalHosting/Orchestration/Containers/ContainerRuntime.cs'
  'LocalHosting/Orchestration/Processes/ChildEnvironment.cs'
  'LocalHosting/Orchestration/Processes/ChildProcess.cs'
  'LocalHosting/Orchestration/Processes/ChildSpecification.cs'
  'LocalHosting/Orchestration/Processes/HostLock.cs'
  'LocalHosting/Orchestration/Processes/Leftovers.cs'
  'LocalHosting/Orchestration/Processes/RunRecords.cs'
  'Rag.Core/Blobs/DurableFiles.cs'
)
$program = Join-Path $env:RAG_HOME 'Rag.Cli/bin/Debug/net10.0/rag.dll'
$stamp = Join-Path $env:RAG_HOME 'Rag.Cli/obj/launcher.stamp'

$dotnet = @((Get-Command dotnet -ErrorAction SilentlyContinue).Source, (Join-Path $HOME '.dotnet/dotnet'), (Join-Path $HOME '.dotnet/dotnet.exe')) |
  Where-Object { $_ -and (Test-Path -LiteralPath $_) -and ((& $_ --list-sdks) -match '^10\.') } |
  Select-Object -First 1
if (-not $dotnet) {
  [Console]::Error.WriteLine("rag needs the .NET 10 SDK, which is neither on PATH nor in ~/.dotnet. Get it from https://dot.net/download, then run './rag.ps1' again.")
  exit 3
}

function Test-UpToDate {
  if (-not ((Test-Path -LiteralPath $program) -and (Test-Path -LiteralPath $stamp))) { return $false }
  $built = (Get-Item -LiteralPath $stamp).LastWriteTimeUtc
  $shared = @('Directory.Build.props', 'Directory.Packages.props', 'global.json', '.editorconfig') + $linked |
    ForEach-Object { Get-Item -LiteralPath (Join-Path $env:RAG_HOME $_) }
  $files = $projects | ForEach-Object { Get-ChildItem -LiteralPath (Join-Path $env:RAG_HOME $_) -Recurse } |
    Where-Object { $_.FullName -notmatch '[\\/](bin|obj)([\\/]|$)' }
  return -not (@($shared) + @($files) | Where-Object { $_.LastWriteTimeUtc -gt $built } | Select-Object -First 1)
}

if (-not (Test-UpToDate)) {
  $started = [DateTime]::UtcNow
  $project = Join-Path $env:RAG_HOME 'Rag.Cli/Rag.Cli.csproj'
  $log = & $dotnet build $project --configuration Debug -nologo -v q '-clp:NoSummary' 2>&1
  if ($LASTEXITCODE -ne 0) {
    [Console]::Error.WriteLine('rag: its command line does not build:')
    $log | ForEach-Object { [Console]::Error.WriteLine($_) }
    exit 1
  }
  Set-Content -LiteralPath $stamp -Value $dotnet
  (Get-Item -LiteralPath $stamp).LastWriteTimeUtc = $started
}

& $dotnet $program @args
exit $LASTEXITCODE
