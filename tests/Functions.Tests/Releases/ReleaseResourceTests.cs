using Core.Tests.Releases;
using Core.Tests.Releases.Rollout;
using Functions.Tests.Http;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Functions.Releases;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.Releases;

public sealed class ReleaseResourceTests
{
    private const string Registry = "/api/registries/r.example";
    private const string Track = "/api/tracks/sensor";
    private const string WholeTrack = """{"registry":"r.example","repository":"fleet/sensor","targets":{"groups":["*"]}}""";

    private readonly MemoryStores _stores = new();
    private readonly Api _api;

    public ReleaseResourceTests()
    {
        var decisions = new OperatorDecisions(_stores, _stores, new FakeTimeProvider());
        _api = new(
            _stores, new MemoryRollouts(() => { }), _stores.Progress, _stores.DryRunAtOnce(new FakeTimeProvider()), new TakePushEvent(_stores, _stores, new FakeTimeProvider()), new ReleasesMeter(Api.Meters),
            decisions, new LookAgain(_stores, _stores, decisions));
    }

    [Fact]
    public async Task A_registry_and_a_track_are_made_shown_listed_and_removed()
    {
        Assert.Equal(201, (await _api.SendAsync("PUT", Registry, """{"kind":"distribution","webhookKey":"0123456789abcdef"}""")).Status);
        Assert.Equal(200, (await _api.SendAsync("PUT", Registry, """{"kind":"distribution"}""")).Status);
        Assert.True((await _api.SendAsync("GET", Registry)).Body?.GetProperty("hasWebhookKey").GetBoolean());
        Assert.Equal(1, (await _api.SendAsync("GET", "/api/registries")).Body?.GetProperty("registries").GetArrayLength());
        Assert.Equal(201, (await _api.SendAsync("PUT", Track, WholeTrack)).Status);
        Assert.Equal("fleet/sensor", (await _api.SendAsync("GET", Track)).Body?.GetProperty("repository").GetString());
        Assert.Equal(1, (await _api.SendAsync("GET", "/api/tracks")).Body?.GetProperty("tracks").GetArrayLength());
        Assert.Equal(409, (await _api.SendAsync("DELETE", Registry)).Status);
        Assert.Equal(204, (await _api.SendAsync("DELETE", Track)).Status);
        Assert.Equal(204, (await _api.SendAsync("DELETE", Registry)).Status);
    }

    [Theory]
    [InlineData("""{"kind":"distribution","webhokKey":"0123456789abcdef"}""", "The member 'webhokKey' is not known; did you mean 'webhookKey'?")]
    [InlineData("""{"kind":"bogus"}""", "kind must be one of acr, distribution.")]
    [InlineData("""{"kind":0}""", "kind must be one of acr, distribution.")]
    [InlineData("""{"endpoint":"http:// x"}""", "endpoint must be an address, for example https://example.com/.")]
    [InlineData("""{"endpoint":"/v2"}""", "endpoint: an https address (http only to a loopback address).")]
    [InlineData("""{"webhookKey":"short"}""", "webhookKey: 16 to 512 characters.")]
    public async Task A_registry_that_is_wrong_is_refused(string body, string detail)
    {
        var answer = await _api.SendAsync("PUT", Registry, body);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Theory]
    [InlineData("""{"registry":"r.example"}""", "The member 'repository' is missing.")]
    [InlineData("""{"registry":"r.example","repository":"a","targets":null}""", "targets must not be null; leave it out.")]
    [InlineData("""{"registry":"r.example","repository":"a","targets":{"groups":[null]}}""", "targets.groups[0] must not be null.")]
    [InlineData("""{"registry":"r.example","repository":"a","targets":{"group":["*"]}}""", "The member 'targets.group' is not known; did you mean 'groups'?")]
    [InlineData("""{"registry":"r.example","repository":"a","targets":{"groups":["*"]},"tags":{"rnge":"1.x"}}""", "The member 'tags.rnge' is not known; did you mean 'range'?")]
    [InlineData("""{"registry":"r.example","repository":"a","targets":{"groups":["*"]},"gates":{"vulnerabilities":{"maxSeverity":"unknown"}}}""", "gates.vulnerabilities.maxSeverity must be one of low, medium, high, critical.")]
    [InlineData("""{"name":"other","registry":"r.example","repository":"a"}""", "name must be 'sensor' as in the address, or left out.")]
    [InlineData("""{"registry":"elsewhere.example","repository":"a","targets":{"groups":["*"]}}""", "registry: 'elsewhere.example' is not configured; PUT /api/registries/elsewhere.example first.")]
    public async Task A_track_that_is_wrong_is_refused(string body, string detail)
    {
        await _api.SendAsync("PUT", Registry, """{"kind":"distribution"}""");
        var answer = await _api.SendAsync("PUT", Track, body);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
        Assert.Equal(404, (await _api.SendAsync("GET", Track)).Status);
    }

    [Fact]
    public async Task A_release_is_shown_with_its_verdicts_and_devices()
    {
        var release = await StoredAsync();
        Assert.Equal("1.0.0", (await _api.SendAsync("GET", $"/api/releases/{release.Id}")).Body?.GetProperty("tag").GetString());
        Assert.Equal(1, (await _api.SendAsync("GET", "/api/releases?track=sensor")).Body?.GetProperty("releases").GetArrayLength());
        Assert.Equal(200, (await _api.SendAsync("GET", $"/api/releases/{release.Id}/devices")).Status);
        Assert.Equal(404, (await _api.SendAsync("GET", "/api/releases/none")).Status);
    }

    [Theory]
    [InlineData("{", "The body is not JSON.")]
    [InlineData("{}", "No known form: send SARIF 2.1, Trivy's, Grype's, CycloneDX', OpenVEX' or SPDX' JSON.")]
    public async Task Evidence_that_says_nothing_is_refused_with_what_would(string body, string detail)
    {
        var release = await StoredAsync();
        var answer = await _api.SendAsync("POST", $"/api/releases/{release.Id}/evidence", body);
        Assert.Equal((422, detail), (answer.Status, answer.Detail));
    }

    [Fact]
    public async Task Who_approved_cannot_approve_again()
    {
        var approve = $"/api/releases/{(await StoredAsync()).Id}/approve";
        Assert.Equal(200, (await _api.SendAsync("POST", approve, """{"by":"anna"}""")).Status);
        var again = await _api.SendAsync("POST", approve, """{"by":"ANNA"}""");
        Assert.Equal((409, "This person has approved it already."), (again.Status, again.Detail));
        Assert.Equal(200, (await _api.SendAsync("POST", approve, """{"by":"ben"}""")).Status);
    }

    [Theory]
    [InlineData("/api/releases?trak=sensor", "The query parameter 'trak' is not known; did you mean 'track'?")]
    [InlineData("/api/releases?track=a/b", "track must have 1 to 63 characters of a-z 0-9 . _ -, beginning and ending with a letter or digit.")]
    [InlineData("/api/registries?top=1", "The query parameter 'top' is not known; none is taken here.")]
    public async Task A_question_that_is_wrong_is_refused(string address, string detail)
    {
        var answer = await _api.SendAsync("GET", address);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Fact]
    public async Task A_push_nobody_understands_is_shown_to_its_sender_and_a_handshake_names_who_asks()
    {
        await _api.SendAsync("PUT", Registry, """{"kind":"distribution"}""");
        Assert.Equal(422, (await _api.SendAsync("POST", "/api/registry/events?registry=r.example&code=key", "{")).Status);
        Assert.Equal(400, (await _api.SendAsync("OPTIONS", "/api/registry/events")).Status);
        Assert.Equal("eventgrid", (await _api.SendAsync("OPTIONS", "/api/registry/events", null, ("WebHook-Request-Origin", "eventgrid"))).Headers["WebHook-Allowed-Origin"]);
    }

    private async Task<Release> StoredAsync()
    {
        var release = new Release
        {
            Id = "sensor-0123456789abcdef0123456789abcdef",
            Track = "sensor",
            Registry = "r.example",
            Repository = "fleet/sensor",
            Digest = $"sha256:{new string('0', 64)}",
            MediaType = MediaTypes.OciIndex,
            Tag = "1.0.0",
            Tags = ["1.0.0"],
            FirstSeenAt = default,
            Platforms = [new("linux/arm64", $"sha256:{new string('1', 64)}", 12)],
            Gates = [new("tag", Verdict.Passed, "newer", default)],
        };
        await _stores.TrySaveAsync(release, null, TestContext.Current.CancellationToken);
        return release;
    }
}
