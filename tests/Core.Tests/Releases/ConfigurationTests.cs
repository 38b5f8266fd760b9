using System.Text.Json;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace Core.Tests.Releases;

public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"tags":{"order":"semver","range":"^1"},"rollout":{"waves":[100]}}""", null)]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor"}""", "targets")]
    [InlineData("""{"registry":"r.example.com","repository":"../sensor","targets":{"groups":["a"]}}""", "repository")]
    [InlineData("""{"registry":"https://r","repository":"fleet/sensor","targets":{"groups":["a"]}}""", "registry")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"signature":{}}}""", "gates.signature: name keys or roots")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"maxSizeBytes":1000,"minAge":"P1D","approvals":2,"vulnerabilities":{"maxSeverity":"high","fixableOnly":true,"allow":[{"id":"CVE-2026-1","until":"2027-01-01T00:00:00Z","reason":"not reachable"}],"within":"PT1H"},"sbom":true,"endOfLife":true,"privileges":"segment","attestedModels":true}}""", null)]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"approvals":3}}""", "gates.approvals")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"minAge":"-P1D"}}""", "gates.minAge")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"signature":{"keys":["no key"]}}}""", "gates.signature.keys")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"signature":{"keys":["-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----"]}}}""", "one is a private key")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"signature":{"keys":["-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----"]}}}""", "public keys in PEM, ECDSA or RSA")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"gates":{"vulnerabilities":{"allow":[{"id":"CVE-2026-1","reason":""}]}}}""", "gates.vulnerabilities.allow")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"rollout":{"waves":[100,5]}}""", "rollout.waves")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"rollout":{"soak":"PT0S"}}""", "rollout.soak")]
    [InlineData("""{"registry":"r.example.com","repository":"fleet/sensor","targets":{"groups":["a"]},"rollout":{"mismatchAfter":"P2D"}}""", "rollout.mismatchAfter")]
    public void A_track_says_all_it_cannot_do(string json, string? fault)
    {
        var track = JsonSerializer.Deserialize<Track>(json, WireJson.Options)! with { Name = "sensor" };
        if (fault is null)
            Assert.Null(track.Validate().Reason);
        else
            Assert.Contains(fault, track.Validate().Reason, StringComparison.Ordinal);
        Assert.Equal(JsonSerializer.Serialize(track, WireJson.Options),
            JsonSerializer.Serialize(JsonSerializer.Deserialize<Track>(JsonSerializer.Serialize(track, WireJson.Options), WireJson.Options), WireJson.Options));
    }

    [Theory]
    [InlineData("""{"registry":"r","repository":"s","tragets":{}}""")]
    [InlineData("""{"registry":"r","repository":"s","tags":{"filtre":"x"}}""")]
    [InlineData("""{"registry":"r","repository":"s","gates":{"maxSize":1}}""")]
    [InlineData("""{"registry":"r","repository":"s","gates":{"signature":{"key":"x"}}}""")]
    public void A_misspelt_part_of_a_track_is_not_passed_over(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Track>(json, WireJson.Options));

    [Theory]
    [InlineData("r.example.com", "https://r.example.com", null, true)]
    [InlineData("127.0.0.1:5000", "http://127.0.0.1:5000", null, true)]
    [InlineData("r.example.com", "http://r.example.com", null, false)]
    [InlineData("r.example.com", "https://user:pass@r.example.com", null, false)]
    [InlineData("r.example.com", "https://r.example.com/v2/", null, false)]
    [InlineData("r.example.com", "file:///etc/passwd", null, false)]
    [InlineData("R.example.com", "https://r.example.com", null, false)]
    [InlineData("r.example.com", "https://r.example.com", "user:password", false)]
    public void A_registry_is_an_https_address_and_no_secret(string host, string endpoint, string? credential, bool taken) =>
        Assert.Equal(taken, !new RegistryConfiguration { Host = host, Endpoint = new(endpoint), Credential = credential }.Validate().IsRejected);
}
