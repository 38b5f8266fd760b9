using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EndToEnd.Tests.Devices;

/// <summary>
/// What ends TLS in front of the functions, as the platform does: on port 443, which IoT Hub's clients take for granted, of a loopback
/// address of its own. The certificate is made here, and who trusts it is told so.
/// </summary>
internal sealed class TlsFront : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private TlsFront(TcpListener listener, IPAddress address, int port)
    {
        (_listener, Host, _certificate) = (listener, $"{address}", Certificate(address));
        _accepting = AcceptAsync(port);
    }

    public string Host { get; }

    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>Null = nobody may listen on port 443 here.</summary>
    /// <param name="port">Of the functions, without TLS.</param>
    public static TlsFront? Start(int port)
    {
        // One of sixteen million addresses: other runs of the tests have theirs.
        var address = new IPAddress([127, .. RandomNumberGenerator.GetBytes(2), (byte)RandomNumberGenerator.GetInt32(2, 255)]);
        var listener = new TcpListener(address, 443);
        try
        {
            listener.Start();
            return new(listener, address, port);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied or SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse)
        {
            listener.Dispose();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        var calls = new List<Task>();
        try
        {
            while (true)
                calls.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), port));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(calls);
        }
    }

    private async Task ServeAsync(TcpClient outside, int port)
    {
        using (outside)
        using (var inside = new TcpClient())
        {
            try
            {
                await using var tls = new SslStream(outside.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                await inside.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                var plain = inside.GetStream();
                await Task.WhenAny(tls.CopyToAsync(plain, _stop.Token), plain.CopyToAsync(tls, _stop.Token));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException or SocketException)
            {
                // Either side is gone: the client says so in its own words.
            }
        }
    }

    private static X509Certificate2 Certificate(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={address}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
