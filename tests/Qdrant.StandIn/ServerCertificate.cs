using System.Security.Cryptography.X509Certificates;

namespace Qdrant.StandIn;

/// <summary>What the server shows of itself over TLS: certificate and key as PEM files, as the real one takes them.</summary>
internal static class ServerCertificate
{
    public static X509Certificate2 Read(string? certificate, string? key)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificate);
        ArgumentException.ThrowIfNullOrEmpty(key);
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        // Keys that live in memory only are not for every system's TLS.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
    }
}
