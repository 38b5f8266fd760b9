using System.Text.Json;
using CsCheck;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Releases.Tags;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases;

public sealed class ReleaseFlowTests
{
    private readonly MemoryStores _stores = new();
    private readonly MemoryRegistry _registry = new();
    private readonly FakeTimeProvider _time = new(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));
    private Track _track = new() { Name = "sensor", Registry = "r.example.com", Repository = "fleet/sensor", Targets = new() { Groups = ["*"] } };

    [Fact]
    public async Task A_push_becomes_one_release_and_each_device_is_told_the_manifest_of_its_platform()
    {
        await ConfigureAsync();
        var digest = _registry.Push("1.0.0");
        await PushEventAsync("1.0.0");
        await PushEventAsync("1.0.0");

        var release = Assert.Single(_stores.Releases);
        Assert.Equal(digest, release.Digest);
        Assert.Equal(["arm", "arm64"], _stores.Desired.Keys.Order());
        Assert.All(_stores.Desired.Values, d => Assert.Equal((1, $"r.example.com/fleet/sensor@{digest}"), (d.Version, d.Workloads.Single().Image)));
        Assert.NotEqual(_stores.Desired["arm"].Workloads[0].PlatformDigest, _stores.Desired["arm64"].Workloads[0].PlatformDigest);
    }

    [Fact]
    public async Task Two_tags_of_one_image_are_one_release_and_change_a_device_once()
    {
        await ConfigureAsync();
        var digest = _registry.Push("1.0.0");
        await PushEventAsync("1.0.0");
        _registry.Tags["1.0.1"] = digest;
        await PushEventAsync("1.0.1");

        Assert.Equal(("1.0.1", 2), (Assert.Single(_stores.Releases).Tag, _stores.Releases.Single().Tags.Count));
        Assert.Equal(1, _stores.Desired["arm"].Version);
    }

    [Fact]
    public async Task A_forged_event_reads_what_is_there_and_changes_nothing()
    {
        await ConfigureAsync();
        await PushEventAsync("6.6.6");
        Assert.Empty(_stores.Releases);
        Assert.Equal(0, _registry.Reads);
        Assert.Empty(_stores.Desired);
    }

    [Fact]
    public async Task An_event_that_time_has_passed_over_counts_for_what_the_tag_names_now()
    {
        await ConfigureAsync();
        _registry.Push("1.0.0", "first");
        var now = _registry.Push("1.0.0", "second");
        await PushEventAsync("1.0.0");
        Assert.Equal(now, Assert.Single(_stores.Releases).Digest);
    }

    [Fact]
    public async Task An_older_version_pushed_later_does_not_take_the_fleet_back()
    {
        await ConfigureAsync();
        await PushAsync("2.0.0");
        await PushAsync("1.9.0");
        Assert.Equal("2.0.0", _stores.Desired["arm"].Workloads[0].Tag);
        Assert.Equal(ReleaseState.Superseded, State("1.9.0"));
        Assert.Empty(_stores.Alerts);
    }

    [Fact]
    public async Task An_older_version_is_taken_when_asked_for()
    {
        _track = _track with { Tags = new() { AllowDowngrade = true } };
        await ConfigureAsync();
        await PushAsync("2.0.0");
        await PushAsync("1.9.0");
        Assert.Equal("1.9.0", _stores.Desired["arm"].Workloads[0].Tag);
    }

    [Fact]
    public async Task A_version_tag_that_names_another_image_is_held_and_told_to_the_operators_once()
    {
        await ConfigureAsync();
        await PushAsync("1.0.0", "good");
        await PushAsync("1.0.0", "evil");
        await PushEventAsync("1.0.0");

        Assert.Equal(2, _stores.Releases.Count());
        Assert.Equal(1, _stores.Desired["arm"].Version);
        Assert.Equal([AlertKind.ReleaseHeld, AlertKind.SecurityDigestChanged], _stores.Alerts.Select(a => a.Kind).Order());
    }

    [Fact]
    public async Task A_tag_that_may_move_is_followed()
    {
        _track = _track with { Tags = new() { Order = TagOrder.Exact, Range = "stable" } };
        await ConfigureAsync();
        await PushAsync("stable", "first");
        await PushAsync("stable", "second");
        await PushAsync("stable", "first");
        Assert.Equal(3, _stores.Desired["arm"].Version);
        Assert.Equal(2, _stores.Releases.Count());
        Assert.Empty(_stores.Alerts);
    }

    [Fact]
    public async Task An_image_for_other_processors_is_held_and_names_the_devices()
    {
        await ConfigureAsync();
        _registry.PushIndex("1.0.0", _registry.Child("linux/amd64"));
        await PushEventAsync("1.0.0");
        Assert.Empty(_stores.Desired);
        var release = Assert.Single(_stores.Releases);
        Assert.Contains("2 devices have no image for their processor: arm, arm64", release.HeldReasons, StringComparison.Ordinal);
        var progress = await _stores.Progress.ListAsync(release, default).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            ["incompatible platform", "incompatible platform", "unknown platform"],
            progress.OrderBy(p => p.DeviceId).Select(p => p.Reason));
    }

    [Fact]
    public async Task A_platform_that_is_lost_is_held_and_what_was_missing_before_is_not()
    {
        await ConfigureAsync();
        Register("riscv", "linux/riscv64");
        await PushAsync("1.0.0");
        Assert.Contains("riscv", _stores.Releases.Single().HeldReasons, StringComparison.Ordinal);
        await Decisions.OverrideAsync(_stores.Releases.Single().Id, "platforms", "anna", "The gateway gets its image later.", null, default);
        await WorkOffAsync();
        Assert.Equal("1.0.0", _stores.Desired["arm"].Workloads[0].Tag);

        await PushAsync("1.1.0");
        Assert.Equal("1.1.0", _stores.Desired["arm"].Workloads[0].Tag);
        _registry.PushIndex("1.2.0", _registry.Child("linux/arm64"));
        await PushEventAsync("1.2.0");
        Assert.Contains("1 device would lose the image for its processor: arm", _stores.Releases.Single(r => r.Tag == "1.2.0").HeldReasons, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_larger_than_allowed_is_held()
    {
        _track = _track with { Gates = new() { MaxSizeBytes = 1009 } };
        await ConfigureAsync();
        await PushAsync("1.0.0");
        Assert.Equal(ReleaseState.Held, State("1.0.0"));
        Assert.Equal(AlertKind.ReleaseHeld, Assert.Single(_stores.Alerts).Kind);
    }

    [Fact]
    public async Task What_no_event_told_of_is_found_by_reconciliation_and_then_costs_no_reads()
    {
        await ConfigureAsync();
        _registry.Push("1.0.0");
        _registry.Push("1.1.0");
        _registry.Push("latest");
        await ReconcileAsync();
        Assert.Equal("1.1.0", _stores.Desired["arm"].Workloads[0].Tag);
        Assert.Single(_stores.Releases);

        var reads = _registry.Reads;
        await ReconcileAsync();
        Assert.Equal(reads, _registry.Reads);
    }

    [Fact]
    public async Task A_device_registered_after_the_release_gets_it_and_the_others_keep_their_version()
    {
        await ConfigureAsync();
        await PushAsync("1.0.0");
        Register("late", "linux/armv7l");
        await ReconcileAsync();
        Assert.Equal(_stores.Desired["arm"], _stores.Desired["late"] with { Workloads = _stores.Desired["arm"].Workloads });
        Assert.Equal(1, _stores.Desired["arm"].Version);
    }

    [Fact]
    public async Task Only_devices_that_match_every_part_of_the_targets_are_told()
    {
        _track = _track with { Targets = new() { Groups = ["site-a", "site-b"], Models = ["m1"], Labels = new Dictionary<string, string> { ["ring"] = "early" } } };
        await ConfigureAsync();
        Register("all", "linux/arm64", d => d with { Groups = ["site-b"], Model = "m1", Labels = new Dictionary<string, string> { ["ring"] = "early", ["x"] = "y" } });
        Register("model", "linux/arm64", d => d with { Groups = ["site-b"], Model = "m2", Labels = new Dictionary<string, string> { ["ring"] = "early" } });
        Register("label", "linux/arm64", d => d with { Groups = ["site-a"], Model = "m1" });
        await PushAsync("1.0.0");
        Assert.Equal(["all"], _stores.Desired.Keys);
    }

    [Fact]
    public async Task Where_versions_may_go_back_an_old_one_pushed_again_goes_out_and_is_not_bounced_back()
    {
        _track = _track with { Tags = new() { AllowDowngrade = true } };
        await ConfigureAsync();
        var old = _registry.Push("1.2.0");
        await PushEventAsync("1.2.0", _time.GetUtcNow());
        _registry.Push("1.3.0");
        _time.Advance(TimeSpan.FromMinutes(1));
        await PushEventAsync("1.3.0", _time.GetUtcNow());
        _time.Advance(TimeSpan.FromMinutes(1));
        await PushEventAsync("1.2.0", _time.GetUtcNow());
        Assert.EndsWith(old, _stores.Desired["arm"].Workloads[0].Image, StringComparison.Ordinal);

        await ReconcileAsync();
        // The event of the first push once more, late; and of 1.3.0's.
        await PushEventAsync("1.3.0", _time.GetUtcNow() - TimeSpan.FromMinutes(1));
        Assert.EndsWith(old, _stores.Desired["arm"].Workloads[0].Image, StringComparison.Ordinal);
        Assert.Empty(_stores.Alerts);
    }

    [Fact]
    public async Task An_event_delivered_again_does_not_take_the_fleet_back_though_versions_may_go_back()
    {
        _track = _track with { Tags = new() { AllowDowngrade = true } };
        await ConfigureAsync();
        _registry.Push("1.2.0");
        var first = _time.GetUtcNow();
        await PushEventAsync("1.2.0", first);
        _time.Advance(TimeSpan.FromSeconds(1));
        _registry.Push("1.3.0");
        await PushEventAsync("1.3.0", _time.GetUtcNow());
        await PushEventAsync("1.2.0", first);
        Assert.Equal("1.3.0", _stores.Desired["arm"].Workloads[0].Tag);
    }

    [Theory]
    [InlineData("a chart", "application/vnd.cncf.helm.config.v1+json")]
    [InlineData("schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [InlineData("nothing", "")]
    public async Task What_is_no_image_is_a_held_release_with_the_reason_told_once(string what, string type)
    {
        await ConfigureAsync();
        _registry.Tags["1.0.0"] = what switch
        {
            "a chart" => _registry.Put(MediaTypes.OciManifest, new { config = new { mediaType = type, digest = $"sha256:{new string('1', 64)}" } }),
            "schema 1" => _registry.Put(type, new { schemaVersion = 1 }),
            _ => _registry.PushIndex("1.0.0"),
        };
        await PushEventAsync("1.0.0");
        await PushEventAsync("1.0.0");
        await ReconcileAsync();

        var release = Assert.Single(_stores.Releases);
        Assert.True(release.IsHeld);
        Assert.Contains("No platform can be used", release.HeldReasons, StringComparison.Ordinal);
        var alert = Assert.Single(_stores.Alerts);
        Assert.Equal((AlertKind.ReleaseHeld, AlertChange.Opened), (alert.Kind, alert.Change));
        Assert.Contains(release.HeldReasons, alert.Summary, StringComparison.Ordinal);
        Assert.Equal(("sensor", "1.0.0"), (alert.Evidence["track"], alert.Evidence["tag"]));
    }

    [Fact]
    public async Task What_cannot_even_be_read_for_its_digest_is_told_once_and_taken_back_when_it_can()
    {
        await ConfigureAsync();
        _registry.Push("1.0.0");
        _registry.Down = new RegistryContentException("The registry sent more than 4194304 bytes.");
        await PushEventAsync("1.0.0");
        await PushEventAsync("1.0.0");
        var alert = Assert.Single(_stores.Alerts);
        Assert.Contains("1.0.0 of track sensor is held", alert.Summary, StringComparison.Ordinal);

        _registry.Down = null;
        await PushEventAsync("1.0.0");
        Assert.Equal("1.0.0", _stores.Desired["arm"].Workloads[0].Tag);
        Assert.Equal((AlertChange.Cleared, alert.AlertId), (_stores.Alerts[^1].Change, _stores.Alerts[^1].AlertId));
    }

    [Fact]
    public async Task An_image_whose_parts_come_late_goes_out_when_they_are_there()
    {
        await ConfigureAsync();
        var child = _registry.Child("linux/arm/v7");
        _registry.PushIndex("1.0.0", child, _registry.Child("linux/arm64"));
        var missing = ((string)((dynamic)child).GetType().GetProperty("digest")!.GetValue(child)!)!;
        var kept = _registry.Take(missing);
        await PushEventAsync("1.0.0");
        Assert.Empty(_stores.Desired);

        _registry.Put(MediaTypes.OciManifest, kept);
        await ReconcileAsync();
        Assert.Equal("1.0.0", _stores.Desired["arm"].Workloads[0].Tag);
        Assert.Equal([AlertChange.Opened, AlertChange.Cleared], _stores.Alerts.Select(a => a.Change));
    }

    [Fact]
    public async Task Where_the_newest_tag_is_of_no_use_the_next_one_is_taken()
    {
        await ConfigureAsync();
        _registry.Push("1.8.0");
        _registry.Push("1.9.0");
        _registry.Tags["2.0.0"] = _registry.Put(MediaTypes.OciManifest, new { config = new { mediaType = "application/vnd.cncf.helm.config.v1+json" } });
        await ReconcileAsync();
        Assert.Equal("1.9.0", _stores.Desired["arm"].Workloads[0].Tag);
        Assert.Equal(AlertKind.ReleaseHeld, Assert.Single(_stores.Alerts).Kind);

        await PushAsync("2.0.1");
        Assert.Equal("2.0.1", _stores.Desired["arm"].Workloads[0].Tag);
        Assert.Equal(AlertChange.Cleared, _stores.Alerts[^1].Change);
    }

    [Fact]
    public async Task An_image_deleted_at_the_registry_is_told_once_and_devices_keep_it()
    {
        await ConfigureAsync();
        var digest = _registry.Push("1.0.0");
        await PushEventAsync("1.0.0");
        var kept = _registry.Take(digest);
        _registry.Tags.Clear();
        await ReconcileAsync();
        await ReconcileAsync();
        Assert.Equal((AlertKind.ReleaseSourceGone, AlertChange.Opened), (Assert.Single(_stores.Alerts).Kind, _stores.Alerts[0].Change));
        Assert.Equal((1, "1.0.0"), (_stores.Desired["arm"].Version, _stores.Desired["arm"].Workloads[0].Tag));

        _registry.Put(MediaTypes.OciIndex, kept);
        await ReconcileAsync();
        await ReconcileAsync();
        Assert.Equal([AlertChange.Opened, AlertChange.Cleared], _stores.Alerts.Select(a => a.Change));
    }

    [Fact]
    public async Task A_registry_that_is_down_delays_its_pushes_and_holds_up_no_other_track()
    {
        await ConfigureAsync();
        await _stores.SaveAsync(new RegistryConfiguration { Host = "two.example.com", Endpoint = new("https://two.example.com") }, default);
        await _stores.SaveAsync(_track with { Name = "other", Registry = "two.example.com" }, default);
        _registry.Push("1.0.0");
        _registry.Down = new UnavailableException(IRegistryReader.Service);
        _registry.DownHost = "r.example.com";
        var work = new ReadPushWork(["r.example.com", "two.example.com"], "fleet/sensor", "1.0.0", _time.GetUtcNow(), Attempt: 20);
        var outcome = await Pushes.RunAsync(JsonSerializer.Serialize(work, WireJson.Options), default);
        Assert.Equal("other", Assert.Single(outcome.Followed).Track);
        var (later, after) = Assert.Single(_stores.Later);
        Assert.Equal((21, TimeSpan.FromMinutes(15)), (((ReadPushWork)later).Attempt, after));

        var failed = await Reconcile.RunAsync(default);
        Assert.Equal("sensor", Assert.Single(failed).Track);
        _registry.Down = null;
        await Pushes.RunAsync(JsonSerializer.Serialize((ReadPushWork)later, WireJson.Options), default);
        await WorkOffAsync();
        Assert.Equal(["other", "sensor"], _stores.Desired["arm"].Workloads.Select(w => w.Track));
    }

    [Fact]
    public async Task What_fails_for_a_reason_that_nobody_foresaw_stops_no_other_track()
    {
        await ConfigureAsync();
        await _stores.SaveAsync(new RegistryConfiguration { Host = "two.example.com", Endpoint = new("https://two.example.com") }, default);
        await _stores.SaveAsync(_track with { Name = "other", Registry = "two.example.com" }, default);
        _registry.Push("1.0.0");
        _registry.Down = new InvalidOperationException("nobody foresaw it");
        _registry.DownHost = "r.example.com";
        Assert.Equal("sensor", Assert.Single(await Reconcile.RunAsync(default)).Track);
        Assert.Equal("other", Assert.Single(_stores.Releases).Track);

        _registry.Push("1.1.0");
        var work = JsonSerializer.Serialize(new ReadPushWork(["r.example.com", "two.example.com"], "fleet/sensor", "1.1.0", _time.GetUtcNow()), WireJson.Options);
        Assert.Same(_registry.Down, await Assert.ThrowsAsync<InvalidOperationException>(() => Pushes.RunAsync(work, default)));
        Assert.Equal(["1.0.0", "1.1.0"], _stores.Releases.Select(r => r.Tag).Order());
    }

    /// <summary>Every write of the whole way is a place to die; the redelivered work ends as if nothing had happened.</summary>
    [Fact]
    public async Task A_process_that_dies_anywhere_loses_no_device_and_doubles_nothing()
    {
        for (var point = 0; ; point++)
        {
            var flow = new ReleaseFlowTests();
            await flow.ConfigureAsync();
            for (var i = 0; i < 60; i++)
                flow.Register($"device-{i}", "linux/arm64");
            flow._registry.Push("1.0.0");
            flow._stores.DieBefore = flow._stores.Writes + point;
            var died = false;
            for (var delivery = 0; delivery < 2; delivery++)
            {
                try
                {
                    await flow.PushEventAsync("1.0.0");
                }
                catch (ProcessDied)
                {
                    died = true;
                    flow._stores.DieBefore = null;
                    // The host redelivers what was not finished: all that is left in the queue, and the event.
                    await flow.WorkOffAsync();
                }
            }

            Assert.Equal(62, flow._stores.Desired.Count);
            Assert.All(flow._stores.Desired.Values, d => Assert.Equal(1, d.Version));
            Assert.Single(flow._stores.Releases);
            if (!died)
                break;
        }
    }

    [Fact]
    public async Task Whatever_is_pushed_in_whatever_order_the_newest_version_is_out() =>
        await Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]).Array[1, 8].SampleAsync(async versions =>
        {
            var flow = new ReleaseFlowTests();
            await flow.ConfigureAsync();
            foreach (var (major, minor) in versions)
                await flow.PushAsync($"{major}.{minor}.0");
            var (newestMajor, newestMinor) = versions.Max();
            Assert.Equal($"{newestMajor}.{newestMinor}.0", flow._stores.Desired["arm"].Workloads[0].Tag);
            Assert.Empty(flow._stores.Alerts);
        }, iter: 50);

    private async Task ConfigureAsync()
    {
        await _stores.SaveAsync(new RegistryConfiguration { Host = "r.example.com", Endpoint = new("https://r.example.com") }, default);
        await _stores.SaveAsync(_track, default);
        Register("arm", "linux/arm/v7");
        Register("arm64", "linux/arm64");
        Register("nothing", null);
    }

    private void Register(string id, string? platform, Func<Device, Device>? more = null)
    {
        var device = new Device { Id = id, Platform = platform, RegisteredAt = _time.GetUtcNow() };
        _stores.Devices[id] = more?.Invoke(device) ?? device;
    }

    private Task PushAsync(string tag, string? content = null)
    {
        _registry.Push(tag, content);
        return PushEventAsync(tag);
    }

    private async Task PushEventAsync(string tag, DateTimeOffset? pushed = null)
    {
        var message = JsonSerializer.Serialize(new ReadPushWork(["r.example.com"], "fleet/sensor", tag, pushed), WireJson.Options);
        await Pushes.RunAsync(message, default);
        await WorkOffAsync();
    }

    private async Task ReconcileAsync()
    {
        Assert.Empty(await Reconcile.RunAsync(default));
        await WorkOffAsync();
    }

    /// <summary>Work leaves the queue only when it is done.</summary>
    private async Task WorkOffAsync()
    {
        while (_stores.Work.Count > 0)
        {
            if (_stores.Work[0] is OfferWork offer)
                await Offer.RunAsync(offer.Track, default);
            else if (_stores.Work[0] is ReadPushWork push)
                await Pushes.RunAsync(JsonSerializer.Serialize(push, WireJson.Options), default);
            else
                await new SetDesired(_stores, _stores, _stores).RunAsync((TellWork)_stores.Work[0], default);
            _stores.Work.RemoveAt(0);
        }
    }

    private FollowPush Pushes => new(_stores, _stores, _stores, Follow,
        new(_stores, _stores, _stores, new(_stores, _stores, _stores, _stores, _time), new(_registry, _stores, _time), _stores, _stores, _time), _stores, _time);

    private FollowTag Follow => new(_stores, _stores, _registry, new(_stores, _stores, Gatekeeper, _stores, _stores, _time), _stores, _time);

    private Gatekeeper Gatekeeper => new(_stores, _stores, _stores, Evidence, _time);

    private EvidenceReader Evidence => _evidence ??= new(_registry, _stores, _time);

    private EvidenceReader? _evidence;

    private OperatorDecisions Decisions => new(_stores, _stores, _time);

    private ReconcilePushes Reconcile => new(_stores, _stores, _stores, _registry, Follow, Offer, _stores, _time);

    private MakeOffers Offer => _stores.OfferAtOnce(_time);

    private ReleaseState State(string tag) => _stores.Releases.Single(r => r.Tag == tag)
        .StateWhen(_stores.CurrentAsync("sensor", default).Result?.Value);
}
