namespace Rag.Client;

/// <content>Keys, sessions, version and health.</content>
public sealed partial class RagClient
{
    /// <summary>One page of the keys, newest first.</summary>
    public Task<Page<ApiKey>> ListKeysAsync(int? limit = null, string? cursor = null, CancellationToken cancellationToken = default) =>
        SendAsync<Page<ApiKey>>(HttpMethod.Get, WithQuery(Path("keys"), ("limit", Text(limit)), ("cursor", cursor)), null, cancellationToken);

    /// <summary>A new key; <see cref="ApiKey.Key"/> is shown this once, and null when an earlier call with the same idempotency key made it.</summary>
    public Task<ApiKey> CreateKeyAsync(CreateKey key, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        SendAsync<ApiKey>(HttpMethod.Post, Path("keys"), Json(key), cancellationToken, idempotencyKey);

    /// <summary>Ends a key and its sessions.</summary>
    public Task RevokeKeyAsync(Guid id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, Path("keys", id.ToString("D")), cancellationToken);

    /// <summary>Whose rights the bearer has.</summary>
    public Task<SessionInfo> GetSessionAsync(CancellationToken cancellationToken = default) =>
        SendAsync<SessionInfo>(HttpMethod.Get, Path("session"), null, cancellationToken);

    /// <summary>A session with the rights of the key that is the bearer.</summary>
    public async Task<Session> StartSessionAsync(CancellationToken cancellationToken = default) =>
        Of(await SendAsync<Session.Wire>(HttpMethod.Post, Path("session"), null, cancellationToken).ConfigureAwait(false));

    /// <summary>A session for a one-time sign-in token; needs no bearer.</summary>
    public async Task<Session> RedeemAsync(string token, CancellationToken cancellationToken = default) =>
        Of(await SendAsync<Session.Wire>(HttpMethod.Post, Path("session", "redeem"), Json(new { token }), cancellationToken).ConfigureAwait(false));

    /// <summary>Ends the session that is the bearer.</summary>
    public Task EndSessionAsync(CancellationToken cancellationToken = default) => SendAsync(HttpMethod.Delete, Path("session"), cancellationToken);

    /// <summary>What answers.</summary>
    public Task<VersionInfo> GetVersionAsync(CancellationToken cancellationToken = default) =>
        SendAsync<VersionInfo>(HttpMethod.Get, Path("version"), null, cancellationToken);

    /// <summary>Whether it can work; also when it says that it cannot. Needs no key.</summary>
    public async Task<HealthReport> GetHealthAsync(CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "health/ready");
        try
        {
            using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return await ReadAsync<HealthReport>(response, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw Away(e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Away(e);
        }
    }

    private static Session Of(Session.Wire wire) => new(wire.Session, wire.Expires);
}
