using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Rag.Testing;

/// <summary>
/// A file system of a few megabytes that can really be full. It is mounted in a mount namespace of its own, which a helper process holds
/// and which ends with it, so that the machine never sees the mount; this process reaches it by way of <c>/proc</c>.
/// </summary>
public sealed class TinyDisk : IAsyncDisposable
{
    private const string Script = "mount -t tmpfs -o size=\"$2\"m none \"$1\" && echo mounted && read -r _";

    private readonly Process _holder;
    private readonly string _mountPoint;

    private TinyDisk(Process holder, string mountPoint)
    {
        _holder = holder;
        _mountPoint = mountPoint;
    }

    /// <summary>Its root, as seen from here.</summary>
    public string Path => $"/proc/{_holder.Id.ToString(CultureInfo.InvariantCulture)}/root{_mountPoint}";

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Refusal { get; } = FindRefusal();

    /// <summary>Mounts one.</summary>
    /// <exception cref="InvalidOperationException">This machine does not let this account mount.</exception>
    public static async Task<TinyDisk> MountAsync(int megabytes)
    {
        var directory = Directory.CreateTempSubdirectory("rag-test-disk-").FullName;
        var holder = Hold(directory, megabytes);
        if (await holder.StandardOutput.ReadLineAsync() == "mounted")
        {
            return new TinyDisk(holder, directory);
        }

        var reason = await holder.StandardError.ReadToEndAsync();
        holder.Dispose();
        Directory.Delete(directory);
        throw new InvalidOperationException($"No file system can be mounted here: {reason.Trim()}");
    }

    /// <summary>Unmounts it by ending the only process that sees it.</summary>
    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        Directory.Delete(_mountPoint);
    }

    private static Process Hold(string directory, int megabytes)
    {
        // Without root it may still be allowed within a user namespace.
        var start = new ProcessStartInfo(
            "unshare", [.. Environment.IsPrivilegedProcess ? ["-m"] : new[] { "-r", "-m" }, "sh", "-c", Script, "sh", directory, megabytes.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException("'unshare' could not be started.");
    }

    private static string? FindRefusal()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var trial = Task.Run(
                async () =>
                {
                    await using var disk = await MountAsync(1);
                    await File.WriteAllTextAsync(System.IO.Path.Combine(disk.Path, "trial"), "x");
                },
                limit.Token);
            trial.WaitAsync(limit.Token).GetAwaiter().GetResult();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return $"A small file system cannot be mounted here (needs Linux, 'unshare' and the right to mount): {e.Message}";
        }
    }
}

/// <summary>A test that needs a <see cref="TinyDisk"/>; skipped with the reason where none can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TinyDiskFactAttribute : FactAttribute
{
    public TinyDiskFactAttribute() => Skip = TinyDisk.Refusal;
}
