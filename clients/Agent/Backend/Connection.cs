using System.Security.Cryptography.X509Certificates;

namespace IoTBackend.Agent.Backend;

/// <summary>HTTP clients that verify whom they talk to: by the system's certificates, or by those of a file alone.</summary>
internal static class Connection
{
    public static HttpClient Open(string? caFile)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            // A server that moved is found again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            ConnectTimeout = TimeSpan.FromSeconds(20),
        };
        if (caFile is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(caFile);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
