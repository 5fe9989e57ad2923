using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rag.Api.Auth;
using Rag.Api.Http;
using Rag.Api.Limits;
using Rag.Core.Caching;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Tests;

public sealed class BearerTextTests
{
    [Fact]
    public void A_key_holds_its_id_and_a_check_sum()
    {
        var id = Guid.NewGuid();
        var key = BearerText.NewKey(id);

        Assert.StartsWith($"rag_{id:N}_", key, StringComparison.Ordinal);
        Assert.True(BearerText.HasValidCrc(key));
        Assert.NotEqual(key, BearerText.NewKey(id));
    }

    [Fact]
    public void One_wrong_character_breaks_the_check_sum()
    {
        var session = BearerText.NewSession();

        for (var i = 0; i < session.Length; i++)
        {
            var changed = session.ToCharArray();
            changed[i] = changed[i] == 'a' ? 'b' : 'a';
            Assert.False(BearerText.HasValidCrc(new string(changed)), $"Position {i} can be changed unseen.");
        }
    }

    [Theory]
    [InlineData("abcdefghijklmnopqrstuvwx", true)]
    [InlineData("abc.def-ghi_jkl~mno+pqr/stu==", true)]
    [InlineData("abcdefghijklmnopqrstuvw", false)]
    [InlineData("abcdefghijklmnop qrstuvwx", false)]
    [InlineData("abcdefghijklmnop,qrstuvwx", false)]
    [InlineData("abcdefghijklmnop\"qrstuvwx", false)]
    [InlineData("abcdefghijkl=mnopqrstuvwx", false)]
    [InlineData("abcdefghijklmnopqrstuvwx\n", false)]
    public void A_configured_key_is_one_that_a_request_can_carry(string key, bool usable)
    {
        Assert.Equal(usable, AuthOptions.IsUsable(key));
        var options = new AuthOptions { BootstrapKey = key };
        Assert.Equal(
            usable,
            System.ComponentModel.DataAnnotations.Validator.TryValidateObject(
                options, new(options), validationResults: null, validateAllProperties: true));
        if (usable)
        {
            var request = new DefaultHttpContext().Request;
            request.Headers.Authorization = $"Bearer {key}";
            Assert.Equal(key, BearerMiddleware.BearerOf(request));
        }
    }

    [Fact]
    public void The_longest_key_can_be_carried()
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Authorization = $"Bearer {new string('k', 512)}";
        Assert.True(AuthOptions.IsUsable(BearerMiddleware.BearerOf(request)));
        Assert.False(AuthOptions.IsUsable(new string('k', 513)));
    }

    [Fact]
    public async Task A_made_bearer_with_a_wrong_check_sum_is_refused_without_asking_the_database()
    {
        // Asking would fail: there is no database.
        await using var noCache = new CacheConnection("", Options.Create(new CacheOptions()), TimeProvider.System, NullLogger<CacheConnection>.Instance);
        var authenticator = new Authenticator(null!, new UnknownKeyLimit(Options.Create(new LimitOptions()), noCache, TimeProvider.System), TimeProvider.System);

        foreach (var bearer in (string[])[BearerText.NewKey(Guid.CreateVersion7()), BearerText.NewSession()])
        {
            Assert.Null(await authenticator.FindAsync(bearer[..^1] + (bearer[^1] == '0' ? '1' : '0'), from: null, CancellationToken.None));
            await Assert.ThrowsAsync<NullReferenceException>(async () => await authenticator.FindAsync(bearer, from: null, CancellationToken.None));
        }
    }

    [Theory]
    [InlineData("rag_a-key-of-the-configuration-0123456789")]
    [InlineData("rag_0123456789abcdef0123456789abcdef_chosen-by-somebody")]
    public void A_key_that_only_begins_like_a_made_one_is_not_judged(string key)
    {
        Assert.False(BearerText.LooksMade(key));
        Assert.True(BearerText.LooksMade(BearerText.NewKey(Guid.CreateVersion7())));
    }

    [Fact]
    public void The_check_sum_is_that_of_zlib()
    {
        // The check value of CRC-32 that its catalogues give: of "123456789" it is cbf43926.
        Assert.True(BearerText.HasValidCrc("123456789cbf43926"));
    }
}

public sealed class PagingTests
{
    [Fact]
    public void A_cursor_comes_back_as_it_went()
    {
        var place = (new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1_234_560), Guid.CreateVersion7());

        Assert.Equal(place, Paging.Parse(Paging.CursorOf(place.Item1, place.Item2)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(201)]
    public void A_limit_outside_its_range_is_refused(int limit)
    {
        Assert.Equal("invalid-request", Assert.Throws<ProblemException>(() => Paging.Limit(limit)).Code);
    }
}
