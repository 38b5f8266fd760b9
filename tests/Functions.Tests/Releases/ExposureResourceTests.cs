using Core.Tests.Releases;
using Functions.Tests.Http;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Images;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.Releases;

public sealed class ExposureResourceTests
{
    private readonly MemoryStores _stores = new();
    private readonly Api _api;

    public ExposureResourceTests() => _api = new(new Exposure(new FleetImages(_stores, _stores, _stores, _stores, new FakeTimeProvider()), _stores));

    [Fact]
    public async Task Devices_that_run_what_a_vulnerability_concerns_are_named_with_the_release_that_mends_it()
    {
        await OutAsync();
        var answer = await _api.SendAsync("GET", "/api/exposure?cve=CVE-2026-1");
        Assert.Equal((200, 2), (answer.Status, answer.Body?.GetProperty("devices").GetInt32()));
        var first = answer.Body!.Value.GetProperty("concerned")[0];
        Assert.Equal(("pump-1", "1.0.0", true, "1.0.1"), (
            first.GetProperty("deviceId").GetString(), first.GetProperty("tag").GetString(), first.GetProperty("seen").GetBoolean(), first.GetProperty("mendedBy").GetString()));
        Assert.Equal(0, (await _api.SendAsync("GET", "/api/exposure?package=openssl@9")).Body?.GetProperty("devices").GetInt32());
        Assert.Equal(400, (await _api.SendAsync("GET", "/api/exposure")).Status);
        Assert.Equal(400, (await _api.SendAsync("GET", "/api/exposure?cve=a&package=b")).Status);
    }

    [Fact]
    public async Task Many_come_in_pages_that_say_how_many_there_are_in_all()
    {
        await OutAsync();
        for (var i = 0; i < 5; i++)
            _stores.Running.Add(new($"valve-{i}", "sensor", $"sha256:{new string('1', 64)}"));
        var (ids, continuation) = (new List<string?>(), "");
        do
        {
            var page = (await _api.SendAsync("GET", $"/api/exposure?cve=CVE-2026-1&top=3{continuation}")).Body!.Value;
            Assert.Equal(7, page.GetProperty("devices").GetInt32());
            ids.AddRange(page.GetProperty("concerned").EnumerateArray().Select(l => l.GetProperty("deviceId").GetString()));
            continuation = page.TryGetProperty("continuation", out var next) ? $"&continuation={next.GetString()}" : null;
        }
        while (continuation is not null);
        Assert.Equal(["pump-1", "pump-2", "valve-0", "valve-1", "valve-2", "valve-3", "valve-4"], ids);
        Assert.Equal(400, (await _api.SendAsync("GET", "/api/exposure?cve=a&continuation=x")).Status);
        Assert.Equal(400, (await _api.SendAsync("GET", "/api/exposure?cve=a&top=1001")).Status);
    }

    [Fact]
    public async Task As_csv_a_spreadsheet_takes_no_cell_for_a_formula()
    {
        await OutAsync();
        var answer = await _api.SendAsync("GET", "/api/exposure?cve=CVE-2026-2", null, ("Accept", "text/csv"));
        Assert.Equal(200, answer.Status);
        var lines = answer.Text.Split("\r\n");
        Assert.Equal("deviceId,track,tag,release,platformDigest,seen,because,mendedBy", lines[0]);
        Assert.Equal($"pump-1,sensor,1.0.0,sensor-{new string('1', 32)},sha256:{new string('1', 64)},true,\"'=cmd \"\"3\"\",0\",1.0.1", lines[1]);
        Assert.Equal(4, lines.Length);
    }

    private async Task OutAsync()
    {
        var (old, mended) = (Made("1.0.0", '1'), Made("1.0.1", '2'));
        foreach (var release in new[] { old, mended })
            await _stores.TrySaveAsync(release, null, TestContext.Current.CancellationToken);
        _stores.Contents[old.Id] = new([new("CVE-2026-1", FindingSeverity.High, "openssl", "3"), new("CVE-2026-2", FindingSeverity.High, "=cmd", "\"3\",0")], []);
        _stores.Contents[mended.Id] = new([], [new("musl", "1")]);
        _stores.Running.Add(new("pump-1", "sensor", old.Digest));
        _stores.Desired["pump-2"] = new(1, [new("sensor", "i", "1.0.0", old.Id, "sha256:p", 1)]);
    }

    private static Release Made(string tag, char digit) => new()
    {
        Id = $"sensor-{new string(digit, 32)}",
        Track = "sensor",
        Registry = "r.example",
        Repository = "fleet/sensor",
        Digest = $"sha256:{new string(digit, 64)}",
        MediaType = MediaTypes.OciIndex,
        Tag = tag,
        FirstSeenAt = DateTimeOffset.UnixEpoch.AddDays(digit),
    };
}
