using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Web.Security;

/// <summary>
/// The hidden field that proves that a form was rendered for this browser. It is derived from a cookie that only this browser has, so no
/// key has to be shared between replicas or kept over a restart, as ASP.NET's own antiforgery would need.
/// </summary>
internal static class FormToken
{
    public const string FieldName = "formToken";

    /// <summary>The token that belongs to a secret cookie: the session, or before sign-in a random one.</summary>
    public static string For(string secret) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), "rag-web form v1"u8));

    public static bool Matches(string? token, string secret) =>
        token is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(For(secret)));

    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
