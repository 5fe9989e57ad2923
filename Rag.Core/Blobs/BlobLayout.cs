using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Rag.Core.Documents;

namespace Rag.Core.Blobs;

/// <summary>
/// What an original is called in a folder and in a bucket: <c>{collection}/{first two digits}/{sha256}</c>. One layout, so that either may be
/// copied into the other by any tool.
/// </summary>
internal static class BlobLayout
{
    /// <summary>Beside the folders of the collections: says whose installation's all of it is.</summary>
    public const string Owner = ".owner";

    /// <summary>The name, with <c>/</c> between its parts.</summary>
    public static string NameOf(CollectionId collection, ReadOnlyMemory<byte> sha256)
    {
        var digits = Convert.ToHexStringLower(sha256.Span);
        return $"{collection}/{digits[..2]}/{digits}";
    }

    /// <summary>The collection that a first part names.</summary>
    public static bool IsCollection(string part, out CollectionId collection)
    {
        var isCollection = Guid.TryParseExact(part, "D", out var id);
        collection = new CollectionId(id);
        return isCollection;
    }

    /// <summary>The digest that a last part names. What has another name was put there by somebody else, and is his.</summary>
    public static bool IsDigest(string part, [NotNullWhen(true)] out byte[]? sha256)
    {
        sha256 = new byte[SHA256.HashSizeInBytes];
        if (Convert.FromHexString(part, sha256, out _, out var written) == OperationStatus.Done && written == sha256.Length)
        {
            return true;
        }

        sha256 = null;
        return false;
    }
}
