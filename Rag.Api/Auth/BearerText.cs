using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Api.Auth;

/// <summary>
/// The text of keys and sessions: <c>rag_0193…(32 hexadecimal)_{secret}{crc}</c> and <c>rags_{secret}{crc}</c>. The prefix and the check
/// sum let scanners of repositories and logs find a leaked one without false alarms. What is stored is only <see cref="HashOf"/>.
/// </summary>
internal static class BearerText
{
    public const string KeyPrefix = "rag_";
    public const string SessionPrefix = "rags_";
    private const int SecretBytes = 32;
    private const int CrcLength = 8;
    private const int IdLength = 32;

    // Of 32 bytes in base64url without padding.
    private const int SecretLength = 43;

    public static string NewKey(Guid id) => WithCrc($"{KeyPrefix}{id:N}_{NewSecret()}");

    public static string NewSession() => WithCrc(SessionPrefix + NewSecret());

    /// <summary>A secret of 256 bits needs no slow hash: there is nothing to guess.</summary>
    public static byte[] HashOf(string bearer) => SHA256.HashData(Encoding.UTF8.GetBytes(bearer));

    /// <summary>
    /// Whether it has the form of a key made by <see cref="NewKey"/>, down to its length. A configured key may begin with
    /// <see cref="KeyPrefix"/> too, so the prefix alone says nothing.
    /// </summary>
    public static bool LooksMade(string bearer) =>
        bearer.Length == KeyPrefix.Length + IdLength + 1 + SecretLength + CrcLength
        && bearer.StartsWith(KeyPrefix, StringComparison.Ordinal)
        && bearer[KeyPrefix.Length + IdLength] == '_'
        && Guid.TryParseExact(bearer.AsSpan(KeyPrefix.Length, IdLength), "N", out _);

    /// <summary>False for what only looks like one of ours; a key from the configuration may have any form and is not judged here.</summary>
    public static bool HasValidCrc(string bearer) =>
        bearer.Length > CrcLength && Crc32(bearer.AsSpan(0, bearer.Length - CrcLength)).AsSpan().SequenceEqual(bearer.AsSpan(bearer.Length - CrcLength));

    // Base64url without '_' or '-', so that a double click selects the whole key.
    private static string NewSecret()
    {
        var text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return text.Replace('_', 'x').Replace('-', 'y');
    }

    private static string WithCrc(string text) => text + Crc32(text);

    // CRC-32 as in zlib (reflected polynomial EDB88320).
    private static string Crc32(ReadOnlySpan<char> text)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var character in text)
        {
            crc ^= (byte)character;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }
        }

        return (~crc).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }
}
