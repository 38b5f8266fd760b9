using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IoTBackend.Agent;
using IoTBackend.Agent.Configuration;
using IoTBackend.Stack;

namespace Agent.Tests.Configuration;

/// <summary>What <c>--check</c> says before the first update, with a server that answers health and desired states.</summary>
public sealed class AgentCheckTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly HttpListener _server = new();
    private readonly string _address;

    public AgentCheckTests()
    {
        _address = $"http://127.0.0.1:{FreePorts.Take(1)[0]}";
        _server.Prefixes.Add(_address + "/");
        _server.Start();
        Write("key", Convert.ToBase64String(new byte[32]), UnixFileMode.UserRead);
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(401, "keyFile: to pump-1 with its key the server answers 401: Another device's key.")]
    [InlineData(403, "keyFile: to pump-1 with its key the server answers 403: Another device's key.")]
    [InlineData(429, "server: {0}: the server answers 429: Another device's key.")]
    [InlineData(503, "server: {0}: the server answers 503: Another device's key.")]
    public async Task The_server_is_asked_whether_it_takes_the_key_and_only_its_no_is_the_keys_fault(int status, string? expected) =>
        Assert.Equal(expected?.Replace("{0}", _address, StringComparison.Ordinal), (await CheckAsync(status)).FirstOrDefault(f => !f.StartsWith("engine", StringComparison.Ordinal)));

    [Theory]
    [InlineData("https://no-such-host.invalid", "its name is not found (DNS): ")]
    [InlineData("http://127.0.0.1:1", "Connection refused")]
    public async Task What_keeps_it_from_the_server_is_said(string server, string expected)
    {
        _server.Stop();
        Assert.Contains($"server: {server} cannot be reached: {expected}", (await CheckAsync(200, c => c with { Server = server }))[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", -1, 1, true, null)]
    [InlineData("127.0.0.1", -1, 1, false, "its certificate leads to none that is trusted here (caFile, or else the system's)")]
    [InlineData("127.0.0.2", -1, 1, true, "its certificate is for another name")]
    [InlineData("127.0.0.1", -2, -1, true, "its certificate is not valid at the time that this device's clock shows, 20")]
    [InlineData("127.0.0.1", 1, 2, true, "its certificate is not valid at the time that this device's clock shows, 20")]
    public async Task Of_a_certificate_it_is_said_what_is_wrong_with_it(string name, int fromDays, int untilDays, bool isTrusted, string? expected)
    {
        _server.Stop();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(name));
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.Now.AddDays(fromDays), DateTimeOffset.Now.AddDays(untilDays));
        await File.WriteAllTextAsync(Path("ca"), certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var greeting = GreetAsync(listener, certificate);
        var fault = (await CheckAsync(200, c => c with { Server = $"https://{listener.LocalEndpoint}", CaFile = isTrusted ? Path("ca") : null }))[^1];
        Assert.StartsWith($"server: https://{listener.LocalEndpoint} cannot be reached: {expected}", fault, StringComparison.Ordinal);
        listener.Stop();
        await greeting;
    }

    /// <summary>Ends TLS and says nothing.</summary>
    private static async Task GreetAsync(TcpListener listener, X509Certificate2 certificate)
    {
        try
        {
            using var connection = await listener.AcceptTcpClientAsync();
            await using var tls = new SslStream(connection.GetStream());
            await tls.AuthenticateAsServerAsync(certificate);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The agent does not trust it.
        }
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once_and_each_with_what_to_do()
    {
        Write("key", "short", UnixFileMode.UserRead);
        Write("open", "user:password", UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Write("half", "token", UnixFileMode.UserRead);
        _server.Stop();
        var faults = await CheckAsync(200, c => c with { Engine = Path("no.sock"), RegistryCredentials = new Dictionary<string, string> { ["a"] = Path("open"), ["b"] = Path("half"), ["c"] = Path("none") } });
        Assert.Equal(
        [
            $"keyFile: {Path("key")} holds no key (base64 on one line).",
            $"registryCredentials.a: {Path("open")} can be read or changed by others: chmod 600 {Path("open")}",
            $"registryCredentials.b: {Path("half")} holds no user:password.",
            $"registryCredentials.c: there is no {Path("none")}.",
            $"engine {Path("no.sock")}: the container engine does not answer: there is no {Path("no.sock")}; is it running?",
        ], faults.SkipLast(1));
        Assert.StartsWith($"server: {_address} cannot be reached: ", faults[^1], StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _server.Close();
        _folder.Delete(recursive: true);
    }

    private async Task<IReadOnlyList<string>> CheckAsync(int status, Func<AgentConfiguration, AgentConfiguration>? change = null)
    {
        var configuration = new AgentConfiguration { Server = _address, DeviceId = "pump-1", KeyFile = Path("key"), StateDirectory = _folder.FullName, Engine = Path("no.sock"), Registries = ["r"] };
        var checking = AgentCheck.RunAsync(change?.Invoke(configuration) ?? configuration, TimeProvider.System, TestContext.Current.CancellationToken);
        while (_server.IsListening && !checking.IsCompleted)
        {
            var asking = _server.GetContextAsync();
            if (await Task.WhenAny(asking, checking) == asking)
                Answer(await asking, status);
        }

        return await checking;
    }

    private static void Answer(HttpListenerContext asked, int status)
    {
        var isHealth = asked.Request.Url!.AbsolutePath == "/api/health";
        Assert.True(isHealth || asked.Request.Headers["Authorization"]!.StartsWith("SharedAccessSignature sr=127.0.0.1%3A", StringComparison.Ordinal));
        asked.Response.StatusCode = isHealth ? 200 : status;
        asked.Response.ContentType = status == 200 ? "application/json" : "application/problem+json";
        asked.Response.OutputStream.Write(Encoding.UTF8.GetBytes(status == 200 ? """{"version":0}""" : """{"detail":"Another device's key."}"""));
        asked.Response.Close();
    }

    private string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    private void Write(string name, string text, UnixFileMode mode)
    {
        File.Delete(Path(name));
        File.WriteAllText(Path(name), text);
        File.SetUnixFileMode(Path(name), mode);
    }
}
