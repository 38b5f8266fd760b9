using System.Net;
using System.Security.Cryptography;
using System.Text;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace Agent.Tests.Trust;

/// <summary>Answers that no good registry gives: each is a registry that is not there, or a signature that is not, and never the end of the agent.</summary>
public sealed class HostileRegistryTests : IDisposable
{
    private static readonly ImageName Image = ImageName.Parse($"registry.example.com/a@sha256:{new string('a', 64)}")!;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Theory]
    [InlineData("<html>Log in to the hotel's network</html>")]
    [InlineData("""{"token":"a\nb"}""")]
    [InlineData("""{"token":"a\u0000b"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""[]""")]
    [InlineData("")]
    public async Task A_token_that_is_none_is_a_registry_that_does_not_answer(string token)
    {
        var registry = Answers(request => request.RequestUri!.AbsolutePath == "/token" ? Ok(token) : Challenge("""Bearer realm="https://registry.example.com/token",service="r" """));
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => CheckAsync(registry));
    }

    [Theory]
    [InlineData("http://registry.example.com/elsewhere")]
    [InlineData("ftp://registry.example.com/")]
    [InlineData("http://[")]
    [InlineData("/again")]
    public async Task A_redirect_to_nowhere_to_http_or_in_a_circle_is_not_followed(string location)
    {
        var asked = new List<Uri>();
        var registry = Answers(request =>
        {
            asked.Add(request.RequestUri!);
            var response = new HttpResponseMessage(HttpStatusCode.Found);
            response.Headers.TryAddWithoutValidation("Location", location);
            return response;
        });
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => CheckAsync(registry));
        Assert.All(asked, address => Assert.Equal("https", address.Scheme));
        Assert.InRange(asked.Count, 1, 5);
    }

    [Theory]
    [InlineData("http://127.0.0.1/token")]
    [InlineData("http://registry.example.com/token")]
    public async Task A_credential_is_not_sent_in_the_clear_wherever_a_registry_wants_it(string realm)
    {
        var asked = new List<Uri>();
        var registry = Answers(request =>
        {
            asked.Add(request.RequestUri!);
            return Challenge($"Bearer realm=\"{realm}\"");
        });
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => CheckAsync(registry));
        Assert.Single(asked);
    }

    [Fact]
    public async Task A_token_is_asked_for_where_the_registry_says_and_not_where_its_path_would_lead()
    {
        var asked = new List<Uri>();
        var registry = Answers(request =>
        {
            asked.Add(request.RequestUri!);
            return Challenge("Bearer realm=\"https://registry.example.com//elsewhere.example.com/token\"");
        });
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => CheckAsync(registry));
        Assert.Equal(["registry.example.com", "registry.example.com"], asked.Select(address => address.Host));
    }

    [Fact]
    public async Task Twenty_signatures_of_four_megabytes_are_none_and_hide_none_that_is_true()
    {
        var files = new Dictionary<string, byte[]>();
        var large = new byte[4 * 1024 * 1024];
        var referrers = Enumerable.Range(0, 20).Select(i => File(files, Manifest("application/vnd.dev.sigstore.bundle.v0.3+json", File(files, [.. large, (byte)i]))));
        var list = $$"""{"manifests":[{{string.Join(',', referrers.Select(d => $$"""{"digest":"{{d}}","artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json"}"""))}}]}""";
        var payload = Encoding.UTF8.GetBytes($$$"""{"critical":{"image":{"docker-manifest-digest":"{{{Image.Digest}}}"},"type":"cosign container image signature"}}""");
        var signature = Convert.ToBase64String(_key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        files[$"{Image.Digest.Replace(':', '-')}.sig"] = Encoding.UTF8.GetBytes(Manifest("application/vnd.dev.cosign.simplesigning.v1+json", File(files, payload), signature));
        files[Image.Digest] = Encoding.UTF8.GetBytes(list);
        Assert.Null(await CheckAsync(Answers(request => files.TryGetValue(request.RequestUri!.Segments[^1], out var bytes) ? Ok(bytes) : new(HttpStatusCode.NotFound))));
    }

    [Theory]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"manifests":[{"\ud800digest":1,"digest":"\ud800"}],"layers":[{"\ud800":1}],"layers":[null,7,{"mediaType":"\udc00"}]}""")]
    [InlineData("<html>")]
    [InlineData("[[[[")]
    [InlineData("")]
    public async Task Rubbish_for_every_answer_is_no_signature(string body) =>
        Assert.Equal("signature: there is none", await CheckAsync(Answers(_ => Ok(body))));

    public void Dispose()
    {
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<string?> CheckAsync(HttpMessageHandler registry)
    {
        using var http = new HttpClient(registry);
        var signatures = new SignatureConfiguration { Tracks = new Dictionary<string, SignatureRules> { ["sensor"] = new() { Keys = [new(_key.ExportSubjectPublicKeyInfoPem())] } } };
        var trust = new ImageTrust(new() { Server = "https://iot.example.com", Registries = ["registry.example.com"], Signatures = signatures },
            new(Path.Combine(_folder.FullName, "pins.json"), signatures), new(new(http, _ => ("user", "password"))), null, TimeProvider.System);
        return await trust.CheckSignatureAsync("sensor", Image, TestContext.Current.CancellationToken);
    }

    private static string File(Dictionary<string, byte[]> files, byte[] bytes)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        files[digest] = bytes;
        return digest;
    }

    private static string File(Dictionary<string, byte[]> files, string text) => File(files, Encoding.UTF8.GetBytes(text));

    private static string Manifest(string type, string layer, string signature = "") =>
        $$$"""{"artifactType":"{{{type}}}","layers":[{"mediaType":"{{{type}}}","digest":"{{{layer}}}","annotations":{"dev.cosignproject.cosign/signature":"{{{signature}}}"}}]}""";

    private static HttpResponseMessage Ok(string body) => Ok(Encoding.UTF8.GetBytes(body));

    private static HttpResponseMessage Ok(byte[] body) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };

    private static HttpResponseMessage Challenge(string challenge)
    {
        var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        return response;
    }

    private static AnsweringHandler Answers(Func<HttpRequestMessage, HttpResponseMessage> answer) => new(answer);

    private sealed class AnsweringHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
