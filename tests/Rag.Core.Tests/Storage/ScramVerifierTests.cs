using Rag.Core.Storage;

namespace Rag.Core.Tests.Storage;

public sealed class ScramVerifierTests
{
    // The salt and the password of the example in RFC 7677, section 3; the proofs that it shows belong to these keys.
    [Fact]
    public void Salt_and_password_give_the_keys_of_the_standard()
    {
        var verifier = ScramVerifier.Of("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="));

        Assert.Equal("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=", verifier);
    }

    [Fact]
    public void Every_verifier_has_a_salt_of_its_own_and_not_the_password() =>
        Assert.NotEqual(ScramVerifier.Of("pencil"), ScramVerifier.Of("pencil"));
}
