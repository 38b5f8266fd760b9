using System.Text;
using System.Text.Json;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Exposures;

/// <summary>What is out is judged again: by the hour, and at once when something new is filed under it.</summary>
public sealed class WatchReleasesTests
{
    private readonly MemoryStores _stores = new();
    private readonly MemoryRegistry _registry = new();
    private readonly FakeTimeProvider _time = new(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_finding_in_what_is_out_is_told_once_with_the_devices_that_run_it_and_pauses_its_rollout()
    {
        var release = await OutAsync("1.0.0");
        await WatchAsync();
        Assert.Empty(_stores.Alerts);

        Attach(release, Scan("CVE-2026-1"));
        await WatchAsync();
        await WatchAsync();
        var alert = Assert.Single(_stores.Alerts);
        Assert.Equal((AlertKind.SecurityExposed, AlertChange.Opened, Severity.Critical), (alert.Kind, alert.Change, alert.Severity));
        Assert.Equal(["arm"], Assert.IsType<string[]>(alert.Evidence["devices"]));
        Assert.Contains("1.0.0 of track sensor, which 1 device runs, would not be let out now: 1 finding worse than medium: CVE-2026-1", alert.Summary, StringComparison.Ordinal);
        Assert.Equal([release.Id], _stores.Paused);
    }

    [Fact]
    public async Task More_that_is_found_revises_the_alert_and_a_vex_clears_it()
    {
        var release = await OutAsync("1.0.0");
        Attach(release, Scan("CVE-2026-1"));
        await WatchAsync();
        Attach(release, Scan("CVE-2026-2"));
        await WatchAsync();
        Attach(release, """{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-2026-1","analysis":{"state":"not_affected"}},{"id":"CVE-2026-2","analysis":{"state":"not_affected"}}]}""");
        await WatchAsync();
        await WatchAsync();
        Assert.Equal([AlertChange.Opened, AlertChange.Revised, AlertChange.Cleared], _stores.Alerts.Select(a => a.Change));
        Assert.Single(_stores.Alerts.Select(a => a.AlertId).Distinct());
        Assert.Null(Stored(release).Exposed);
    }

    [Fact]
    public async Task Evidence_that_is_sent_or_filed_under_a_tag_is_looked_at_at_once()
    {
        var release = await OutAsync("1.0.0");
        _stores.Sent.Add(new("sha256:2", Encoding.UTF8.GetBytes(Scan("CVE-2026-1"))));
        await new OperatorDecisions(_stores, _stores, _time).JudgeAgainAsync(release, default);
        await RunAsync(Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)));
        Assert.Equal(AlertChange.Opened, Assert.Single(_stores.Alerts).Change);

        Attach(release, Scan("CVE-2026-2"));
        await RunAsync(new(["r.example.com"], "fleet/sensor", Referrer.FallbackTag(release.Digest)));
        Assert.Equal(AlertChange.Revised, _stores.Alerts[^1].Change);
    }

    [Fact]
    public async Task What_is_filed_under_a_release_that_never_went_out_is_known_at_once_where_a_device_runs_it()
    {
        await ConfigureAsync(new() { Approvals = 1 });
        var release = Made("sensor", _registry.Push("1.0.0")) with { ActivatedAt = null };
        await _stores.TrySaveAsync(release, null, default);
        _stores.Sent.Add(new("sha256:2", Encoding.UTF8.GetBytes(Scan("CVE-2026-1"))));
        await RunAsync(ReadPushWork.LookAt(release));
        Assert.Empty(_stores.Contents);

        _stores.Running.Add(new("arm", "sensor", release.Digest));
        await RunAsync(ReadPushWork.LookAt(release));
        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        var answer = await new Exposure(fleet, _stores).RunAsync("CVE-2026-1", null, default);
        Assert.Equal(("arm", 0), (Assert.Single(answer.Concerned).DeviceId, answer.Unknown.Count));
    }

    [Fact]
    public async Task An_operator_may_let_a_finding_not_count_until_something_else_is_found()
    {
        var release = await OutAsync("1.0.0");
        Attach(release, Scan("CVE-2026-1"));
        await WatchAsync();
        var decisions = new OperatorDecisions(_stores, _stores, _time);
        Assert.Equal(OperatorDecisions.WentOut, (await decisions.ApproveAsync(release.Id, "anna", null, null, default))!.Value.Reason);
        Assert.Null((await decisions.OverrideAsync(release.Id, "vulnerabilities", "anna", "Not reachable.", null, default))!.Value.Reason);
        await RunAsync(_stores.Work.OfType<ReadPushWork>().Last());
        Assert.Equal(AlertChange.Cleared, _stores.Alerts[^1].Change);
        await WatchAsync();
        Attach(release, Scan("CVE-2026-2"));
        await WatchAsync();
        Assert.Equal([AlertChange.Opened, AlertChange.Cleared, AlertChange.Opened], _stores.Alerts.Select(a => a.Change));
    }

    [Fact]
    public async Task An_allowance_that_ends_and_an_end_of_life_are_noticed_without_anything_new_at_the_registry()
    {
        var release = await OutAsync("1.0.0", new() { Vulnerabilities = new() { Allow = [new("CVE-2026-1", "not yet", _time.GetUtcNow().AddDays(1))] }, EndOfLife = true });
        Attach(release, Scan("CVE-2026-1"));
        _registry.Attach(release.Digest, "application/vnd.microsoft.artifact.lifecycle", "{}"u8.ToArray(), annotations: new() { ["vnd.microsoft.artifact.lifecycle.end-of-life.date"] = "2026-11-26" });
        await WatchAsync();
        Assert.Empty(_stores.Alerts);
        _time.Advance(TimeSpan.FromDays(1));
        var reads = _registry.Reads;
        await WatchAsync();
        _time.Advance(TimeSpan.FromDays(2));
        await WatchAsync();
        Assert.Equal(reads, _registry.Reads);
        Assert.Equal(["1 finding worse than medium", "Its end of life was 2026-11-26"], [Words(_stores.Alerts[0], "1 finding"), Words(_stores.Alerts[1], "Its end")]);

        static string Words(AlertTransition alert, string from) => alert.Summary[alert.Summary.IndexOf(from, StringComparison.Ordinal)..].Split(':', '.')[0];
    }

    [Fact]
    public async Task A_release_is_watched_for_as_long_as_telemetry_names_it_and_no_longer()
    {
        var old = await OutAsync("1.0.0");
        _time.Advance(TimeSpan.FromMinutes(1));
        var now = await OutAsync("1.1.0");
        _stores.Desired["arm"] = new(2, [new("sensor", "i", "1.1.0", now.Id, now.Platforms[2].Digest, 1)]);
        _stores.Running.Add(new("arm", "sensor", old.Platforms[2].Digest));
        Attach(old, Scan("CVE-2026-1"));
        await WatchAsync();
        Assert.Equal(old.Id, Assert.Single(_stores.Alerts).Evidence["release"]);

        _stores.Running[0] = new("arm", "sensor", now.Digest);
        await WatchAsync();
        Assert.Equal(AlertChange.Cleared, _stores.Alerts[^1].Change);
    }

    [Fact]
    public async Task More_devices_that_run_it_are_told_and_pause_nothing_that_somebody_let_go_on()
    {
        var release = await OutAsync("1.0.0");
        Attach(release, Scan("CVE-2026-1"));
        await WatchAsync();
        _stores.Running.AddRange([new("late", "sensor", release.Digest), new("later", "sensor", release.Digest)]);
        await WatchAsync();
        _stores.Running.RemoveAt(1);
        await WatchAsync();
        Assert.Equal([AlertChange.Opened, AlertChange.Revised], _stores.Alerts.Select(a => a.Change));
        Assert.Equal(["arm", "late", "later"], Assert.IsType<string[]>(_stores.Alerts[1].Evidence["devices"]));
        Assert.Single(_stores.Paused);
    }

    [Fact]
    public async Task Other_rules_of_the_track_are_those_of_what_is_out_at_once()
    {
        var release = await OutAsync("1.0.0");
        Attach(release, Scan("CVE-2026-1"));
        await WatchAsync();
        await ConfigureAsync(new() { Vulnerabilities = new() { Allow = [new("CVE-2026-1", "not reachable")] } });
        await new LookAgain(_stores, _stores, new OperatorDecisions(_stores, _stores, _time)).RunAsync("sensor", default);
        await RunAsync(Assert.IsType<ReadPushWork>(Assert.Single(_stores.Work)));
        Assert.Equal(AlertChange.Cleared, _stores.Alerts[^1].Change);
    }

    [Fact]
    public async Task A_thousand_unchanged_releases_cost_one_conditional_request_each_and_no_document()
    {
        await ConfigureAsync(new() { Vulnerabilities = new(), Signature = null });
        for (var i = 0; i < 1000; i++)
        {
            await _stores.SaveAsync(new Track { Name = $"t{i}", Registry = "r.example.com", Repository = $"fleet/t{i}", Targets = new() { Groups = ["*"] }, Gates = new() { Vulnerabilities = new() } }, default);
            var release = Made($"t{i}", _registry.Push($"{i}.0.0"));
            await _stores.TrySaveAsync(release, null, default);
            await _stores.TrySetCurrentAsync($"t{i}", release.Id, null, default);
            Attach(release, Scan("CVE-2026-1", "LOW"));
            Attach(release, """{"spdxVersion":"SPDX-2.3","packages":[{"name":"musl","versionInfo":"1.2.5"}]}""");
        }

        await WatchAsync();
        var (lists, unchanged, reads, looks) = (_registry.Lists, _registry.Unchanged, _registry.Reads, _registry.Looks);
        Assert.Equal(4000, reads);
        await WatchAsync();
        Assert.Equal((1000, 1000, 0, 0), (_registry.Lists - lists, _registry.Unchanged - unchanged, _registry.Reads - reads, _registry.Looks - looks));
    }

    [Fact]
    public async Task Where_evidence_may_be_filed_under_platforms_they_are_asked_by_turns()
    {
        var release = await OutAsync("1.0.0");
        await WatchAsync();
        _registry.Attach(release.Platforms[1].Digest, "application/sarif+json", Encoding.UTF8.GetBytes(Scan("CVE-2026-1")));
        for (var hour = 0; hour < 8; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            var lists = _registry.Lists;
            await LookAsync();
            if (_stores.Alerts.Count > 0)
                break;
            Assert.Equal(1, _registry.Lists - lists);
        }

        Assert.Equal(AlertKind.SecurityExposed, Assert.Single(_stores.Alerts).Kind);
    }

    [Fact]
    public async Task A_registry_that_is_down_is_asked_once_and_leaves_the_others_watched()
    {
        var release = await OutAsync("1.0.0");
        await _stores.SaveAsync(new RegistryConfiguration { Host = "down.example.com", Endpoint = new("https://down.example.com") }, default);
        for (var i = 0; i < 3; i++)
        {
            await _stores.SaveAsync(new Track { Name = $"d{i}", Registry = "down.example.com", Repository = "x", Targets = new() { Groups = ["*"] } }, default);
            var other = Made($"d{i}", _registry.Push($"9.{i}.0")) with { Registry = "down.example.com" };
            await _stores.TrySaveAsync(other, null, default);
            await _stores.TrySetCurrentAsync($"d{i}", other.Id, null, default);
        }

        (_registry.Down, _registry.DownHost) = (new UnavailableException(IRegistryReader.Service), "down.example.com");
        Attach(release, Scan("CVE-2026-1"));
        Assert.Single(await WatchAsync());
        Assert.Single(_stores.Alerts);
    }

    [Fact]
    public async Task Whatever_it_dies_before_the_alert_is_told_under_one_id()
    {
        var release = await OutAsync("1.0.0");
        Attach(release, Scan("CVE-2026-1"));
        for (var writes = 0; writes < 6; writes++)
        {
            _stores.DieBefore = _stores.Writes + writes;
            if (await Record.ExceptionAsync(WatchAsync) is null)
                break;
        }

        _stores.DieBefore = null;
        await WatchAsync();
        Assert.NotEmpty(_stores.Paused);
        Assert.Single(_stores.Alerts.Select(a => a.AlertId).Distinct());
        Assert.True(Stored(release).Exposed!.IsTold);
    }

    [Fact]
    public async Task Which_devices_are_exposed_is_answered_by_what_they_run_whatever_they_were_told()
    {
        var old = await OutAsync("1.0.0", new());
        _time.Advance(TimeSpan.FromMinutes(1));
        var mended = await OutAsync("1.1.0", new());
        _stores.Contents[old.Id] = new([new("CVE-2026-1", FindingSeverity.Critical, "@angular/core", "19.0.0")], []);
        _stores.Contents[mended.Id] = new([], [new("@angular/core", "19.0.1")]);
        foreach (var id in new[] { "arm", "late", "silent" })
            _stores.Desired[id] = new(2, [new("sensor", "i", "1.1.0", mended.Id, "sha256:p", 1)]);
        _stores.Running.AddRange([new("late", "sensor", old.Digest), new("arm", "sensor", mended.Digest), new("stray", "sensor", "sha256:9")]);
        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        foreach (var (cve, package) in new (string?, string?)[] { ("cve-2026-1", null), (null, "@angular/core@19.0.0") })
        {
            var answer = await new Exposure(fleet, _stores).RunAsync(cve, package, default);
            Assert.Equal("late sensor 1.0.0 True @angular/core 19.0.0 1.1.0", Assert.Single(answer.Concerned) is var l ? $"{l.DeviceId} {l.Track} {l.Tag} {l.Seen} {l.Because} {l.MendedBy}" : "");
            Assert.Equal(["sensor sha256:9 (1)"], answer.Unknown);
        }

        Assert.Equal(2, (await new Exposure(fleet, _stores).RunAsync(null, "@angular/core@19.0.1", default)).Devices);
    }

    [Fact]
    public async Task What_a_vex_says_is_said_of_who_is_exposed_and_hides_nobody()
    {
        var release = await OutAsync("1.0.0", new());
        _stores.Contents[release.Id] = ReleaseContents.Of(
            [new("sent", "sha256:1", new("Trivy", "sha256:1", [new("CVE-2026-1", FindingSeverity.High, "musl", "1.2")], [])), new("sent", "sha256:2", new("OpenVEX", "sha256:2", [], ["cve-2026-1"]))], []);
        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        var answer = await new Exposure(fleet, _stores).RunAsync("CVE-2026-1", null, default);
        Assert.Equal("musl 1.2 (a VEX says that it is not affected)", Assert.Single(answer.Concerned).Because);
    }

    [Theory]
    [InlineData(5001, 5, 5001)]
    [InlineData(5001, 31, 5002)]
    [InlineData(3, 5, 4)]
    public async Task Of_a_large_fleet_the_last_picture_answers_and_a_small_one_is_looked_at_anew(int devices, int minutes, int expected)
    {
        var release = await OutAsync("1.0.0", new());
        _stores.Contents[release.Id] = new([new("CVE-2026-1", FindingSeverity.Low)], []);
        _stores.Running.AddRange(Enumerable.Range(1, devices - 1).Select(i => new RunningImage($"d{i}", "sensor", release.Digest)));
        using (var taken = new FleetImages(_stores, _stores, _stores, _stores, _time))
            await taken.ReadAsync(default);
        _stores.Running.Add(new("late", "sensor", release.Digest));
        _time.Advance(TimeSpan.FromMinutes(minutes));
        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        var answer = await new Exposure(fleet, _stores).RunAsync("CVE-2026-1", null, default);
        Assert.Equal(expected, answer.Devices);
        Assert.Equal(expected == devices ? TimeSpan.FromMinutes(minutes) : TimeSpan.Zero, _time.GetUtcNow() - answer.At);
    }

    /// <summary>In the next hour in which images' own lists are asked for.</summary>
    private async Task<IReadOnlyList<(string, Exception)>> WatchAsync()
    {
        _time.Advance(TimeSpan.FromHours(2));
        return await LookAsync();
    }

    private async Task<IReadOnlyList<(string, Exception)>> LookAsync()
    {
        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        return await Watch(fleet).RunAsync(default);
    }

    private WatchReleases Watch(FleetImages fleet) => new(_stores, _stores, _stores, fleet, new(_registry, _stores, _time), _stores, _stores, _time);

    private async Task RunAsync(ReadPushWork work)
    {
        using var fleet = new FleetImages(_stores, _stores, _stores, _stores, _time);
        var follow = new FollowTag(_stores, _stores, _registry, new(_stores, _stores, new(_stores, _stores, _stores, new(_registry, _stores, _time), _time), _stores, _stores, _time), _stores, _time);
        await new FollowPush(_stores, _stores, _stores, follow, Watch(fleet), _stores, _time).RunAsync(JsonSerializer.Serialize(work, WireJson.Options), default);
    }

    /// <summary>It went out before anything was known of it, and the device <c>arm</c> was told it.</summary>
    private async Task<Release> OutAsync(string tag, TrackGates? gates = null)
    {
        await ConfigureAsync(gates ?? new() { Vulnerabilities = new() });
        var release = Made("sensor", _registry.Push(tag)) with { Tag = tag, Tags = [tag] };
        await _stores.TrySaveAsync(release, null, default);
        await _stores.TrySetCurrentAsync("sensor", release.Id, await _stores.CurrentAsync("sensor", default), default);
        _stores.Desired["arm"] = new(1, [new("sensor", "i", tag, release.Id, release.Platforms[2].Digest, 1)]);
        return release;
    }

    private async Task ConfigureAsync(TrackGates gates)
    {
        await _stores.SaveAsync(new RegistryConfiguration { Host = "r.example.com", Endpoint = new("https://r.example.com") }, default);
        await _stores.SaveAsync(new Track { Name = "sensor", Registry = "r.example.com", Repository = "fleet/sensor", Targets = new() { Groups = ["*"] }, Gates = gates }, default);
    }

    private Release Made(string track, string digest) => new()
    {
        Id = Release.IdOf(track, digest),
        Track = track,
        Registry = "r.example.com",
        Repository = "fleet/sensor",
        Digest = digest,
        MediaType = MediaTypes.OciIndex,
        Tag = "1.0.0",
        FirstSeenAt = _time.GetUtcNow(),
        ActivatedAt = _time.GetUtcNow(),
        Platforms = [.. Enumerable.Range(0, 3).Select(i => new PlatformImage("linux/arm", $"{digest[..^1]}{i}", 1))],
    };

    private Release Stored(Release release) => _stores.Releases.Single(r => r.Id == release.Id);

    private void Attach(Release release, string document) => _registry.Attach(release.Digest, "application/sarif+json", Encoding.UTF8.GetBytes(document));

    private static string Scan(string id, string severity = "CRITICAL") =>
        $$"""{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"{{id}}","PkgName":"openssl","InstalledVersion":"3.0.1","Severity":"{{severity}}"}]}]}""";
}
