using Core.Tests.Releases;
using Functions.Tests.Devices;
using Functions.Tests.Http;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.Releases;

public sealed class DesiredResourceTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryStores _stores = new();
    private readonly KnownDevice _device;
    private readonly Api _api;

    public DesiredResourceTests()
    {
        _device = new(_stores, _time);
        _api = new(_stores, _time, _device.Gate, new ReadingBudgets(new() { Burst = 5 }, _time), new ReadDesired(_stores, new(_time), new(_stores)));
    }

    [Fact]
    public async Task A_device_is_told_what_to_run_and_nothing_new_while_it_knows_it()
    {
        _stores.Desired["d"] = DesiredState.Nothing.With(new("sensor", "r/a@sha256:0", "1", "sensor-1", "sha256:1", 2));
        var told = await SendAsync("GET", "/api/devices/d/desired?wait=0");
        Assert.Equal((200, "\"1\""), (told.Status, told.Headers.ETag.ToString()));
        Assert.Equal(304, (await SendAsync("GET", "/api/devices/d/desired", null, ("If-None-Match", "\"1\""))).Status);
    }

    [Fact]
    public async Task What_a_device_is_told_of_a_track_without_signatures_is_as_it_ever_was()
    {
        _stores.Desired["d"] = DesiredState.Nothing.With(new("sensor", "r/a@sha256:0", "1", "sensor-1", "sha256:1", 2));
        Assert.Equal(
            """{"version":1,"workloads":[{"track":"sensor","image":"r/a@sha256:0","tag":"1","release":"sensor-1","platformDigest":"sha256:1","sizeBytes":2}]}""",
            (await SendAsync("GET", "/api/devices/d/desired")).Text);
    }

    [Fact]
    public async Task A_device_that_is_to_try_again_is_told_so()
    {
        _stores.Desired["d"] = DesiredState.Nothing.With(new("sensor", "r/a@sha256:0", "1", "sensor-1", "sha256:1", 2)).Remember(new("sensor", 1, 2, default, null));
        Assert.Equal(2, (await SendAsync("GET", "/api/devices/d/desired")).Body!.Value.GetProperty("workloads")[0].GetProperty("attempt").GetInt32());
    }

    [Fact]
    public async Task A_device_is_told_whose_signatures_its_track_counts()
    {
        _stores.Desired["d"] = DesiredState.Nothing.With(new("sensor", "r/a@sha256:0", "1", "sensor-1", "sha256:1", 2));
        await _stores.SaveAsync(new Track { Name = "sensor", Registry = "r", Repository = "a", Gates = new() { Signature = new() { Keys = [new("PEM")] } } }, default);
        var workload = (await SendAsync("GET", "/api/devices/d/desired")).Body!.Value.GetProperty("workloads")[0];
        Assert.Equal("""{"keys":["PEM"],"roots":[],"identities":[],"logs":[],"atLeast":1}""", workload.GetProperty("signature").GetRawText());
    }

    [Theory]
    [InlineData("wait=61", "wait must be 0 to 60.")]
    [InlineData("wait=9999999999", "wait must be a whole number.")]
    [InlineData("wait=-1", "wait must be 0 to 60.")]
    [InlineData("wiat=5", "The query parameter 'wiat' is not known; did you mean 'wait'?")]
    public async Task A_wait_out_of_range_is_refused(string query, string detail)
    {
        var answer = await SendAsync("GET", $"/api/devices/d/desired?{query}");
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Theory]
    [InlineData("""{"release":"x","state":"installed","resaon":"a"}""", "The member 'resaon' is not known; did you mean 'reason'?")]
    [InlineData("""{"release":"x","state":"done"}""", "state must be one of downloading, downloaded, installing, installed, failed, deferred.")]
    [InlineData("""{"release":"x","state":"deferred","until":"2026-11-28T12:00:00"}""", "until must be a time with its zone as in RFC 3339, for example 2026-11-23T10:00:00Z.")]
    [InlineData("""{"release":"x","state":"installed"}""", "release: not the id of a release.")]
    [InlineData("""{"release":"sensor-0123456789abcdef0123456789abcdef","state":"installed","attempt":0}""", "attempt: 1 or more.")]
    [InlineData("""{"state":"installed"}""", "The member 'release' is missing.")]
    public async Task A_report_that_is_wrong_is_refused(string body, string detail)
    {
        var answer = await SendAsync("POST", "/api/devices/d/reported", body);
        Assert.Equal((400, detail), (answer.Status, answer.Detail));
    }

    [Fact]
    public async Task A_device_waits_in_two_places_at_most_and_is_told_when_to_ask_again()
    {
        _stores.Desired["d"] = DesiredState.Nothing.With(new("sensor", "r/a@sha256:0", "1", "sensor-1", "sha256:1", 2));
        var waiting = new[] { WaitAsync(), WaitAsync() };
        var third = await WaitAsync();
        Assert.Equal((304, "15"), (third.Status, third.Headers.RetryAfter.ToString()));
        Assert.All(waiting, wait => Assert.False(wait.IsCompleted));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal((304, ""), (answer.Status, answer.Headers.RetryAfter.ToString())));

        Task<Answer> WaitAsync() => SendAsync("GET", "/api/devices/d/desired?wait=60", null, ("If-None-Match", "\"1\""));
    }

    [Fact]
    public async Task Questions_and_reports_are_paid_for_like_readings()
    {
        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await SendAsync("GET", "/api/devices/d/desired")).Status);
        Assert.Equal(429, (await SendAsync("GET", "/api/devices/d/desired")).Status);
        Assert.Equal(429, (await SendAsync("POST", "/api/devices/d/reported", "{}")).Status);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await SendAsync("GET", "/api/devices/d/desired")).Status);
    }

    [Fact]
    public async Task A_device_without_credential_is_told_how_to_send_one() =>
        Assert.Equal(401, (await _api.SendAsync("GET", "/api/devices/d/desired")).Status);

    public void Dispose() => _device.Dispose();

    private Task<Answer> SendAsync(string verb, string path, string? body = null, params (string, string)[] headers) =>
        _api.SendAsync(verb, path, body, [.. headers, _device.Credential()]);
}
