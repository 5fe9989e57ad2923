using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Rag.Api.Auth;

/// <summary><c>Rag:Auth</c>: the first key and the one-time sign-in.</summary>
public sealed partial record AuthOptions
{
    /// <summary>What a configured key must look like. At 62 symbols, 24 are more than anybody can try.</summary>
    public const string FormMessage = "it must have 24 to 512 characters out of A-Z, a-z, 0-9 and -._~+/, with '=' at its end only";

    // What an Authorization header can carry (token68 of RFC 7235, b64token of RFC 6750): another key could never be used. An empty value
    // passes, as it does for every other key: it means "not set".
    private const string Form = @"^(?=.{24,512}\z)[A-Za-z0-9._~+/-]+=*\z";

    /// <summary>A key with every scope that is there from the start. Another value revokes the one before; none leaves the keys alone.</summary>
    [RegularExpression(Form, ErrorMessage = FormMessage, MatchTimeoutInMilliseconds = 1000)]
    public string? BootstrapKey { get; init; }

    /// <summary>A file that holds nothing but the bootstrap key; read again when it changes.</summary>
    public string? BootstrapKeyFile { get; init; }

    /// <summary>Opens one session with the bootstrap key's rights, within 15 minutes of its first registration.</summary>
    [RegularExpression(Form, ErrorMessage = FormMessage, MatchTimeoutInMilliseconds = 1000)]
    public string? SignInToken { get; init; }

    /// <summary>Whether the text can be used as a key.</summary>
    public static bool IsUsable(string key) => Key().IsMatch(key);

    [GeneratedRegex(Form, RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Key();
}
