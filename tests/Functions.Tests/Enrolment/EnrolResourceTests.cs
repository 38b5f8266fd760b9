using System.Text.Json;
using Core.Tests.Devices.Enrolment;
using Core.Tests.Releases;
using Functions.Tests.Http;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Devices;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.Enrolment;

public sealed class EnrolResourceTests
{
    private const string Key = "-----BEGIN PUBLIC KEY-----";

    private readonly MemoryClaims _claims = new();
    private readonly MemoryStores _stores = new();
    private readonly Api _api;

    public EnrolResourceTests()
    {
        var time = new FakeTimeProvider(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
        var tokens = new ClaimTokens(new byte[32]);
        var enrolment = new EnrolDevice(tokens, _claims, _claims, new(_claims, new(new byte[32]), time), time);
        _api = new(_claims, tokens, enrolment, time, new DevicesMeter(Api.Meters), new TrackPins(_stores), Options.Create(new DevicesOptions { HostName = "iot.example.com" }));
    }

    [Fact]
    public async Task A_device_that_enrols_gets_its_key_its_host_and_the_keys_that_it_pins()
    {
        await FollowAsync("sensor", "site-a", signed: true);
        await FollowAsync("other", "site-b", signed: true);
        var made = await ClaimAsync("""{"groups":["site-a"],"uses":2}""");
        var answer = await EnrolAsync(made.GetProperty("token").GetString()!, "pump-1");
        Assert.Equal((201, "iot.example.com", 44), (answer.Status, answer.Body?.GetProperty("hostName").GetString(), answer.Body?.GetProperty("primaryKey").GetString()?.Length));
        var pin = Assert.Single(answer.Body!.Value.GetProperty("tracks").EnumerateArray());
        Assert.Equal(("sensor", "r.example/fleet/sensor"), (pin.GetProperty("track").GetString(), pin.GetProperty("image").GetString()));
        Assert.Equal(Key, pin.GetProperty("signature").GetProperty("keys")[0].GetString());
    }

    [Fact]
    public async Task A_token_is_told_once_and_a_claim_names_who_came_in_with_it()
    {
        var made = await ClaimAsync("""{"model":"pump"}""");
        var (token, id) = (made.GetProperty("token").GetString()!, made.GetProperty("id").GetString());
        Assert.Equal((201, 200, 403), ((await EnrolAsync(token, "a")).Status, (await EnrolAsync(token, "a")).Status, (await EnrolAsync(token, "b")).Status));
        var shown = await _api.SendAsync("GET", $"/api/fleet/claims/{id}");
        Assert.Equal(("a", 1), (shown.Body?.GetProperty("devices")[0].GetProperty("deviceId").GetString(), shown.Body?.GetProperty("used").GetInt32()));
        var listed = await _api.SendAsync("GET", "/api/fleet/claims");
        Assert.DoesNotContain(token.Split('.')[2], shown.Text + listed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_claim_and_one_that_never_was_are_answered_alike()
    {
        var made = await ClaimAsync("{}");
        Assert.Equal(204, (await _api.SendAsync("DELETE", $"/api/fleet/claims/{made.GetProperty("id").GetString()}")).Status);
        var (revoked, madeUp) = (await EnrolAsync(made.GetProperty("token").GetString()!, "a"), await EnrolAsync("iotc.0", "a"));
        Assert.Equal((401, revoked.Text), (revoked.Status, madeUp.Text));
        Assert.Equal(404, (await _api.SendAsync("DELETE", "/api/fleet/claims/0")).Status);
    }

    [Theory]
    [InlineData("""{"deviceId":"a","nonce":"0123456789abcdef"}""", "The member 'token' is missing.")]
    [InlineData("""{"token":"t","deviceId":"a/b","nonce":"0123456789abcdef"}""", "deviceId must have 1 to 128 characters of A-Z a-z 0-9 - _ . : and not only dots.")]
    [InlineData("""{"token":"t","deviceId":"a","nonce":"0123456789 abcdef"}""", "nonce must have characters of A-Z a-z 0-9 - _ only.")]
    public async Task A_device_is_told_what_is_wrong_with_its_request(string body, string detail)
    {
        var answer = await _api.SendAsync("POST", "/api/devices/enroll", body);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Theory]
    [InlineData("""{"uses":0}""", "uses must be 1 to 1000.")]
    [InlineData("""{"expiresIn":"P31D"}""", "expiresIn must be PT1M to P30D.")]
    [InlineData("""{"labels":{"a":"\n"}}""", "labels.a must be text of 256 characters at most, without control characters.")]
    public async Task A_claim_is_bounded(string body, string detail)
    {
        var answer = await _api.SendAsync("POST", "/api/fleet/claims", body);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Fact]
    public async Task A_strangers_body_is_read_to_four_kilobytes_and_no_further() =>
        Assert.Equal(413, (await _api.SendAsync("POST", "/api/devices/enroll", $$"""{"token":"{{new string('a', 4096)}}"}""")).Status);

    private async Task<JsonElement> ClaimAsync(string body)
    {
        var made = await _api.SendAsync("POST", "/api/fleet/claims", body);
        Assert.Equal(201, made.Status);
        return made.Body!.Value;
    }

    private Task<Answer> EnrolAsync(string token, string deviceId) =>
        _api.SendAsync("POST", "/api/devices/enroll", $$"""{"token":"{{token}}","deviceId":"{{deviceId}}","nonce":"0123456789abcdef"}""");

    private Task FollowAsync(string name, string group, bool signed) => _stores.SaveAsync(
        new Track
        {
            Name = name,
            Registry = "r.example",
            Repository = $"fleet/{name}",
            Targets = new() { Groups = [group] },
            Gates = new() { Signature = signed ? new() { Keys = [new(Key)] } : null },
        },
        CancellationToken.None);
}
