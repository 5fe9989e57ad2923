using Rag.Core.Extraction;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>A child that misbehaves in a chosen way: a shell script that says it is ready and then does as told.</summary>
internal sealed class ScriptedChild : IDisposable
{
    private const string SaysReady = "printf '\\002\\000\\000\\000\\000'";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rag-scripted-");

    public ScriptedChild(string afterReady, bool isReady = true)
    {
        Path = System.IO.Path.Combine(_directory.FullName, "child");
        File.WriteAllText(Path, $"#!/bin/sh\n{(isReady ? SaysReady : string.Empty)}\n{afterReady}\n");
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("The misbehaving child is a shell script.");
        }

        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    /// <summary>Commands that answer with this structure and the text "ab". The shell's printf reads octal.</summary>
    public static string Says(string structure) =>
        $"printf '\\004\\{Convert.ToString(structure.Length, 8)}\\000\\000\\000'; printf '%s' '{structure}'; printf '\\005\\002\\000\\000\\000ab'; sleep 30";

    public ExtractionOptions Options(int memoryMiB = 256, int seconds = 30) =>
        new() { Command = Path, MemoryMiB = memoryMiB, Timeout = TimeSpan.FromSeconds(seconds) };

    public void Dispose() => _directory.Delete(recursive: true);
}
