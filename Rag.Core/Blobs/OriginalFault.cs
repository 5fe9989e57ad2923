namespace Rag.Core.Blobs;

/// <summary>What is wrong with one original, in words. Trying again does not help; sending the file again does.</summary>
public static class OriginalFault
{
    /// <summary>The stable code of an original that the store does not have.</summary>
    public const string MissingCode = "no-original";

    /// <summary>The stable code of an original that is not what was sent.</summary>
    public const string DamagedCode = "original-damaged";

    /// <summary>The store does not have it.</summary>
    public static RagException Missing() => new(
        MissingCode, "The original of this document is missing from the store. Send the same file again, which puts it back; what was read of it before is searched meanwhile.");

    /// <summary>The store holds something else.</summary>
    public static RagException Damaged() => new(
        DamagedCode,
        "What the store holds of the original of this document is not what was sent. Send the same file again, which puts it right; what was read of it before is searched meanwhile.");
}
