using System.Data.Common;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Makes the HTTP client that reaches Qdrant: address, key, authorities.</summary>
internal static class QdrantConnection
{
    /// <summary>Name of the connection string that AppHost gives: <c>Endpoint=http://host:6333;Key=...</c>.</summary>
    public const string Name = "vectors_http";

    /// <summary>The address and the key of the connection string, where there is one.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static (Uri? Url, string? Key) Read(IConfiguration configuration)
    {
        if (configuration.GetConnectionString(Name) is not { Length: > 0 } text)
        {
            return (null, null);
        }

        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = text };
            return parts.TryGetValue("Endpoint", out var endpoint) && Uri.TryCreate(endpoint.ToString(), UriKind.Absolute, out var url)
                ? (url, parts.TryGetValue("Key", out var key) ? key.ToString() : null)
                : throw new FormatException();
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new FormatException($"ConnectionStrings:{Name} must look like 'Endpoint=http://localhost:6333;Key=...'.", e);
        }
    }

    public static HttpClient Create(QdrantOptions options, Func<string?> key)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = options.Timeout, AllowAutoRedirect = false };
        if (options.CaFile is { Length: > 0 } file)
        {
            var authorities = Authorities(file);
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, authorities);
        }

        var url = options.Url ?? throw new InvalidOperationException("Options are validated before.");
        return new HttpClient(new KeyHandler(key, handler), disposeHandler: true)
        {
            BaseAddress = url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/"),
            // Each request has a limit of its own, which says what ran out.
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Those that a file names.</summary>
    /// <exception cref="FormatException">It names none, or cannot be read.</exception>
    public static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FormatException($"Rag:Index:Qdrant:CaFile '{file}' cannot be read: {e.Message}", e);
        }

        return authorities.Count > 0 ? authorities : throw new FormatException($"Rag:Index:Qdrant:CaFile '{file}' holds no certificate in PEM form.");
    }

    // The name must be right in any case; only who vouches for it may be another.
    private static bool IsTrusted(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in chain?.ChainElements.Skip(1) ?? [])
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        using var leaf = new X509Certificate2(certificate);
        return own.Build(leaf);
    }

    // Asked for with each request: a key in a file may be rotated.
    private sealed class KeyHandler(Func<string?> key, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (key() is { Length: > 0 } value)
            {
                request.Headers.TryAddWithoutValidation("api-key", value);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
