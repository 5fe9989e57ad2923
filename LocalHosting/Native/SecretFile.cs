using System.Text;

namespace Aspire.Hosting.Native;

/// <summary>Files that only one account may read.</summary>
internal static class SecretFile
{
    /// <summary>Writes a new file with mode 0600, for the server account or for ourselves; replaces an old one.</summary>
    public static async Task WriteAsync(string path, string content, CancellationToken cancellationToken, bool forServer = true)
    {
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var file = new FileStream(path, options))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(content), cancellationToken);
        }

        if (forServer)
        {
            ServerAccount.GiveAway(path);
        }
    }
}
