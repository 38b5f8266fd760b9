using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Local.Tests.ContainerRegistry;

/// <summary>What makes a docker-registry look like ACR: the token exchange at the registry's own address, everything else passed on.</summary>
public sealed class ExchangeServer : IAsyncDisposable
{
    private const string Service = "test.azurecr.io";
    private const string EntraToken = "entra-token";

    private readonly WebApplication _app;
    private readonly RegistryProcess _registry;
    private readonly RSA _key;
    private readonly X509Certificate2 _certificate;
    private readonly string _folder;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private ExchangeServer(WebApplication app, RegistryProcess registry, RSA key, X509Certificate2 certificate, string folder, Uri endpoint) =>
        (_app, _registry, _key, _certificate, _folder, Endpoint) = (app, registry, key, certificate, folder, endpoint);

    public Uri Endpoint { get; }

    public string Host => Endpoint.Authority;

    /// <summary>The only repository that tokens are given for.</summary>
    public string AllowedRepository { get; set; } = "fleet/sensor";

    public bool AllowAnonymous { get; set; }

    public ConcurrentQueue<string> Requests { get; } = [];

    public static async Task<ExchangeServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("exchange").FullName;
        var key = RSA.Create(2048);
        var certificate = new CertificateRequest("CN=exchange", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(Path.Combine(folder, "root.pem"), certificate.ExportCertificatePem());
        var port = IoTBackend.Stack.FreePorts.Take(1)[0];
        var registry = await RegistryProcess.StartAsync($$"""
            auth:
              token: {realm: "http://127.0.0.1:{{port}}/oauth2/token", service: {{Service}}, issuer: "Azure Container Registry", rootcertbundle: {{folder}}/root.pem }
            """);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var server = new ExchangeServer(app, registry, key, certificate, folder, new($"http://127.0.0.1:{port}"));
        app.MapPost("/oauth2/exchange", server.ExchangeAsync);
        app.MapPost("/oauth2/token", server.TokenAsync);
        app.MapGet("/oauth2/token", server.LoginAsync);
        app.Map("{**path}", server.PassOnAsync);
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _registry.DisposeAsync();
        _http.Dispose();
        _certificate.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public static Azure.Core.TokenCredential Entra(string token = EntraToken) =>
        Azure.Core.DelegatedTokenCredential.Create((_, _) => new(token, DateTimeOffset.UtcNow.AddHours(1)));

    private async Task<IResult> ExchangeAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        Requests.Enqueue("exchange");
        return form["grant_type"] == "access_token" && form["service"] == Service && form["access_token"] == EntraToken
            ? Results.Json(new { refresh_token = Token("refresh", []) })
            : Results.StatusCode(401);
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        Requests.Enqueue($"token {form["scope"]}");
        var allowed = form["grant_type"] == "refresh_token" ? form["refresh_token"].ToString().Length > 0 : form["grant_type"] == "password" && AllowAnonymous;
        return allowed ? Results.Json(new { access_token = Token("access", form["scope"]) }) : Results.StatusCode(401);
    }

    // Docker's form, with a token's name and password.
    private IResult LoginAsync(HttpRequest request)
    {
        Requests.Enqueue($"login {request.Query["scope"]}");
        return request.Headers.Authorization == $"Basic {Convert.ToBase64String("reader:secret-password"u8)}"
            ? Results.Json(new { token = Token("access", request.Query["scope"]), expires_in = 300 })
            : Results.StatusCode(401);
    }

    private async Task PassOnAsync(HttpContext context)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
        using var request = new HttpRequestMessage(new(context.Request.Method), new Uri(_registry.Endpoint, context.Request.Path + context.Request.QueryString.Value));
        request.Headers.Host = Host;
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers.Where(h => h.Key is not ("Host" or "Content-Length" or "Transfer-Encoding")))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key != "Transfer-Encoding"))
            context.Response.Headers[name] = values.ToArray();
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private string Token(string subject, IEnumerable<string?> scopes)
    {
        var access = scopes.OfType<string>().Select(s => s.Split(':')).Where(s => s is ["repository", var name, _] && name == AllowedRepository)
            .Select(s => new { type = s[0], name = s[1], actions = s[2].Split(',') });
        var now = DateTimeOffset.UtcNow;
        var header = JsonSerializer.SerializeToUtf8Bytes(new { typ = "JWT", alg = "RS256", x5c = new[] { Convert.ToBase64String(_certificate.RawData) } });
        var payload = JsonSerializer.SerializeToUtf8Bytes(new
        {
            jti = Guid.NewGuid(),
            sub = subject,
            iss = "Azure Container Registry",
            aud = Service,
            nbf = now.AddMinutes(-5).ToUnixTimeSeconds(),
            iat = now.ToUnixTimeSeconds(),
            exp = now.AddSeconds(4500).ToUnixTimeSeconds(),
            access,
        });
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(_key.SignData(System.Text.Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }
}
