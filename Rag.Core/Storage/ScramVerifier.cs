using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Core.Storage;

/// <summary>
/// What PostgreSQL keeps of a password, made here: a password in the text of <c>create role</c> would stand in the server's log.
/// </summary>
internal static class ScramVerifier
{
    // PostgreSQL's own numbers (src/include/common/scram-common.h).
    private const int Iterations = 4096;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    /// <summary><c>SCRAM-SHA-256$4096:salt$StoredKey:ServerKey</c> (RFC 5803).</summary>
    public static string Of(string password) => Of(password, RandomNumberGenerator.GetBytes(SaltBytes));

    internal static string Of(string password, byte[] salt)
    {
        // The part of SASLprep (RFC 4013) that both sides of a connection apply.
        var salted = Rfc2898DeriveBytes.Pbkdf2(password.Normalize(NormalizationForm.FormKC), salt, Iterations, HashAlgorithmName.SHA256, HashBytes);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(CultureInfo.InvariantCulture, $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }
}
