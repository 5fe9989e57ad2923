using System.ComponentModel.DataAnnotations;

namespace Rag.Api.Auth;

/// <summary><c>Rag:Auth</c>: the first key and the one-time sign-in.</summary>
public sealed record AuthOptions
{
    /// <summary>Shortest bootstrap key and sign-in token: at 62 symbols, 24 are more than anybody can try.</summary>
    public const int MinLength = 24;

    // An empty value passes, as it does for every other key: it means "not set".
    private const string Form = @"^[\x21-\x7E]{24,512}$";
    private const string FormMessage = "it must have 24 to 512 visible ASCII characters";

    /// <summary>A key with every scope that is there from the start. Another value revokes the one before; none leaves the keys alone.</summary>
    [RegularExpression(Form, ErrorMessage = FormMessage, MatchTimeoutInMilliseconds = 1000)]
    public string? BootstrapKey { get; init; }

    /// <summary>A file that holds nothing but the bootstrap key; read again when it changes.</summary>
    public string? BootstrapKeyFile { get; init; }

    /// <summary>Opens one session with the bootstrap key's rights, within 15 minutes of its first registration.</summary>
    [RegularExpression(Form, ErrorMessage = FormMessage, MatchTimeoutInMilliseconds = 1000)]
    public string? SignInToken { get; init; }
}
