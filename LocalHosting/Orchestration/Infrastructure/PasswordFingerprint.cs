using System.Security.Cryptography;

namespace Aspire.Hosting.Orchestration.Infrastructure;

/// <summary>Tells whether a password is the one of last time without holding it: salted and slow (PBKDF2), as it lies in a plain file.</summary>
internal static class PasswordFingerprint
{
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    // 2025's advice for PBKDF2 with SHA-256 (OWASP password storage): 600,000; about 0.1 s, once per start.
    private const int Iterations = 600_000;

    public static string Of(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Convert.ToBase64String([.. salt, .. Hash(password, salt)]);
    }

    public static bool Matches(string fingerprint, string password)
    {
        var bytes = new byte[SaltBytes + HashBytes];
        return Convert.TryFromBase64String(fingerprint, bytes, out var count)
            && count == bytes.Length
            && CryptographicOperations.FixedTimeEquals(bytes.AsSpan(SaltBytes), Hash(password, bytes.AsSpan(0, SaltBytes)));
    }

    private static byte[] Hash(string password, ReadOnlySpan<byte> salt) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, HashBytes);
}
