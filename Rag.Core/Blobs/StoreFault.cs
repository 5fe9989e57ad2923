namespace Rag.Core.Blobs;

/// <summary>
/// What goes wrong with the folder of the originals, in words. All of it is passing: a full disk, a share that does not answer or a right
/// that is missing says nothing of the document at hand, and works again when somebody has put it right.
/// </summary>
internal static class StoreFault
{
    /// <summary>The stable code of originals that cannot be read or written at the moment.</summary>
    public const string Away = "blobs-away";

    /// <summary>Whether the file system refused; what the sender's stream throws must not come here.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    public static RagException From(Exception exception) => exception switch
    {
        IOException e when DurableFiles.IsDiskFull(e) => new RagException(
            "disk-full", "The disk that holds the originals is full. Make room on it (Rag:Blobs:Path) and send the file again.", isTransient: true, e),
        UnauthorizedAccessException => new RagException(
            Away,
            "The folder of the originals (Rag:Blobs:Path) refuses this service. Give the account that it runs under the right to read and write there.",
            isTransient: true,
            exception),
        _ => new RagException(
            Away,
            "The folder of the originals (Rag:Blobs:Path) cannot be read or written at the moment. Check that it is there and that its disk or share works.",
            isTransient: true,
            exception),
    };

    /// <summary>The one failure that is the file's own, in every store.</summary>
    public static RagException TooLarge(long maxBytes) => new(
        "file-too-large", $"The file is larger than {maxBytes / (1024 * 1024)} MiB, the most that is accepted here (Rag:Blobs:MaxFileMiB). Split it.");

    /// <summary>The folder was there when the first original was written: without it nothing can be said of any original.</summary>
    public static RagException NoFolder() => From(new DirectoryNotFoundException("The folder is not there."));
}
