using System.Net;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Updates;
using Microsoft.Extensions.Time.Testing;

namespace Agent.Tests.Backend;

public sealed class BackendClientTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly Server _server = new();

    [Fact]
    public async Task A_call_is_signed_for_this_device_with_its_key()
    {
        _server.Answer(HttpStatusCode.NoContent);
        await Client().ReportAsync(new("sensor~1", 2, "installed"), CancellationToken.None);
        // As openssl signs it: printf '%s\n%s' "iot.example.com%2Fdevices%2Fpump-1" 1795870800 | openssl dgst -sha256 -mac HMAC -macopt hexkey:00...
        var asked = _server.Asked.Single();
        Assert.Equal("POST /api/devices/pump-1/reported", asked.Request);
        Assert.StartsWith("SharedAccessSignature sr=iot.example.com%2Fdevices%2Fpump-1&sig=", asked.Authorization, StringComparison.Ordinal);
        Assert.EndsWith($"&se={_time.GetUtcNow().AddHours(1).ToUnixTimeSeconds()}", asked.Authorization, StringComparison.Ordinal);
        Assert.Equal("""{"release":"sensor~1","attempt":2,"state":"installed"}""", asked.Body);
    }

    [Fact]
    public async Task A_device_that_woke_in_1970_signs_by_the_servers_clock()
    {
        _time.SetUtcNow(_time.GetUtcNow());
        var clock = new ServerClock(_time);
        _server.Answer(HttpStatusCode.Unauthorized, "{}", ("Date", "Sat, 28 Nov 2026 15:00:00 GMT")).Answer(HttpStatusCode.NoContent);
        var client = Client(clock);
        await Assert.ThrowsAsync<BackendUnavailableException>(() => client.ReportAsync(new("r", 1, "installed"), CancellationToken.None));
        await client.ReportAsync(new("r", 1, "installed"), CancellationToken.None);
        Assert.EndsWith($"&se={new DateTimeOffset(2026, 11, 28, 16, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}", _server.Asked[1].Authorization, StringComparison.Ordinal);
        Assert.True(clock.IsOff);
    }

    [Fact]
    public async Task Retry_After_is_the_least_it_waits()
    {
        _server.Answer(HttpStatusCode.TooManyRequests, """{"detail":"Slower."}""", ("Retry-After", "30"));
        var refused = await Assert.ThrowsAsync<BackendUnavailableException>(() => Client().SendTelemetryAsync("{}\n"u8.ToArray(), CancellationToken.None));
        Assert.Equal(TimeSpan.FromSeconds(30), refused.RetryAfter);
        Assert.Contains("Slower.", refused.Message, StringComparison.Ordinal);
        Assert.InRange(new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(15), () => 0.5).Failed(refused.RetryAfter).TotalSeconds, 30, 32);
    }

    [Fact]
    public async Task Telemetry_that_will_never_be_taken_is_told_from_telemetry_that_waits()
    {
        _server.Answer(HttpStatusCode.BadRequest, "{}").Answer(HttpStatusCode.Accepted, "{}", ("Desired-Version", "7")).BreakOff();
        var client = Client();
        Assert.False((await client.SendTelemetryAsync("{}\n"u8.ToArray(), CancellationToken.None)).Taken);
        Assert.Equal(new(true, 7), await client.SendTelemetryAsync("{}\n"u8.ToArray(), CancellationToken.None));
        await Assert.ThrowsAsync<BackendUnavailableException>(() => client.SendTelemetryAsync("{}\n"u8.ToArray(), CancellationToken.None));
    }

    [Fact]
    public async Task The_desired_state_is_waited_for_by_its_tag()
    {
        _server.Answer(HttpStatusCode.OK, """{"version":7,"later":1,"workloads":[{"track":"sensor","image":"r/a@sha256:b","release":"x","tag":"1","more":true}]}""", ("ETag", "\"7\""))
            .Answer(HttpStatusCode.NotModified).Answer(HttpStatusCode.NotModified, "", ("Retry-After", "15"));
        var client = Client();
        var (desired, etag, _) = await client.ReadDesiredAsync(null, wait: true, CancellationToken.None);
        Assert.Equal((7, "sensor", "\"7\""), (desired!.Version, desired.Workloads![0].Track, etag));
        Assert.Equal(default, await client.ReadDesiredAsync(etag, wait: true, CancellationToken.None));
        Assert.Equal(new(null, AskAgainAfter: TimeSpan.FromSeconds(15)), await client.ReadDesiredAsync(etag, wait: true, CancellationToken.None));
        Assert.Equal(["GET /api/devices/pump-1/desired", "GET /api/devices/pump-1/desired?wait=50", "GET /api/devices/pump-1/desired?wait=50"], _server.Asked.Select(a => a.Request));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("<html>")]
    public async Task An_answer_that_is_none_changes_nothing(string body)
    {
        _server.Answer(HttpStatusCode.OK, body);
        await Assert.ThrowsAsync<BackendUnavailableException>(() => Client().ReadDesiredAsync(null, wait: false, CancellationToken.None));
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Found)]
    public async Task What_something_on_the_way_answers_throws_nothing_away(HttpStatusCode status)
    {
        _server.Answer(status, "<html>Log in to the hotel's network</html>", ("Location", "https://elsewhere.example.com/")).Answer(status, "<html>");
        await Assert.ThrowsAsync<BackendUnavailableException>(() => Client().SendTelemetryAsync("{}\n"u8.ToArray(), CancellationToken.None));
        await Assert.ThrowsAsync<BackendUnavailableException>(() => Client().ReportAsync(Told, CancellationToken.None));
    }

    [Fact]
    public async Task A_server_that_was_not_itself_is_heard_again_when_it_is()
    {
        _server.Answer(HttpStatusCode.OK, """{"version":7}""", ("ETag", $"\"{new string('7', 40_000)}\""), ("Date", "Fri, 31 Dec 9999 23:59:59 GMT"))
            .Answer(HttpStatusCode.TooManyRequests, "{}", ("Retry-After", "315360000")).Answer(HttpStatusCode.OK, """{"version":8}""", ("ETag", "garbage"));
        var client = Client();
        Assert.Null((await client.ReadDesiredAsync(null, wait: true, CancellationToken.None)).ETag);
        var refused = await Assert.ThrowsAsync<BackendUnavailableException>(() => client.ReadDesiredAsync(null, wait: true, CancellationToken.None));
        Assert.Equal(TimeSpan.FromHours(1), refused.RetryAfter);
        Assert.Equal(8, (await client.ReadDesiredAsync(null, wait: true, CancellationToken.None)).Desired?.Version);
    }

    [Fact]
    public void Pauses_grow_to_their_limit_and_start_over_after_a_success()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60), () => 1);
        Assert.Equal([2, 4, 8, 16, 32, 60, 60], Enumerable.Range(0, 7).Select(_ => backoff.Failed().TotalSeconds));
        backoff.Succeeded();
        Assert.Equal(2, backoff.Failed().TotalSeconds);
    }

    private static Report Told => new("r", 1, "installed");

    private BackendClient Client(ServerClock? clock = null)
    {
        clock ??= new(_time);
        return new(_server.Client(), "pump-1", new("iot.example.com", "pump-1", new byte[32], clock), clock);
    }
}
