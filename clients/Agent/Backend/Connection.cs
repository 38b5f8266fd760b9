using System.Security.Cryptography.X509Certificates;

namespace IoTBackend.Agent.Backend;

/// <summary>HTTP clients that verify whom they talk to: by the system's certificates, or by those of a file alone.</summary>
internal static class Connection
{
    /// <summary>Of an answer that is not read piece by piece.</summary>
    private const int MaxBuffered = 512 * 1024;

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

        return new(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxBuffered };
    }

    /// <summary>Why a call came to nothing, in the words of whoever can do something about it.</summary>
    /// <param name="fault">Of <see cref="HttpClient"/>.</param>
    /// <param name="now">By this device's clock, by which certificates are judged.</param>
    public static string Fault(Exception fault, DateTimeOffset now)
    {
        var said = fault.InnerException?.Message ?? fault.Message;
        return (fault as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"its name is not found (DNS): {said}",
            HttpRequestError.SecureConnectionError when said.Contains("NotTimeValid", StringComparison.Ordinal) =>
                $"its certificate is not valid at the time that this device's clock shows, {now:yyyy-MM-dd HH:mm} UTC",
            HttpRequestError.SecureConnectionError when said.Contains("NameMismatch", StringComparison.Ordinal) => "its certificate is for another name",
            HttpRequestError.SecureConnectionError when said.Contains("UntrustedRoot", StringComparison.Ordinal) || said.Contains("PartialChain", StringComparison.Ordinal) =>
                "its certificate leads to none that is trusted here (caFile, or else the system's)",
            HttpRequestError.SecureConnectionError => $"no TLS: {said}",
            _ => fault is OperationCanceledException ? "it does not answer in time" : said,
        };
    }
}
