using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.State;

public sealed class SweepGroupsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
    private static readonly string[] Members = ["a", "b", "c", "d"];

    private readonly MemoryDeviceStates _states = new();
    private readonly MemoryGroups _groups = new();
    private readonly FakeTimeProvider _time = new(Start);
    private readonly JudgeSilences _sweep;
    private readonly List<GroupRule> _rules = [new("other", MinimumMembers: 1000)];
    private readonly Site _site = new();
    private readonly DevicePolicies _policies;
    private DateTimeOffset _watermark = Start;

    public SweepGroupsTests()
    {
        _policies = new(_site);
        var groups = new SweepGroups(_groups, _states, _policies, new ActiveMembers(_states, _policies), new() { Groups = _rules });
        _sweep = new(_states, new Watermark(() => _watermark), new NoGaps(), _policies, groups, _time);
        foreach (var id in Members)
            Report(id, Start, readings: 30);
    }

    [Fact]
    public async Task A_group_that_falls_silent_is_one_incident_and_its_members_stay_quiet()
    {
        await SweepUntilAsync(TimeSpan.FromHours(1));
        Assert.Equal(["site"], _groups.Alerts.Where(a => a.Change == AlertChange.Opened).Select(a => a.Group));
        Assert.DoesNotContain(_states.Alerts, a => a.Change == AlertChange.Opened);
    }

    [Fact]
    public async Task Members_that_are_overdue_and_offline_at_one_sweep_are_told_by_their_group_alone()
    {
        await SweepUntilAsync(TimeSpan.FromHours(2), from: TimeSpan.FromHours(1));
        Assert.Single(_groups.Alerts, a => a.Change == AlertChange.Opened);
        Assert.DoesNotContain(_states.Alerts, a => a.Change == AlertChange.Opened);
    }

    [Fact]
    public async Task Five_thousand_that_fall_silent_are_one_incident_for_a_few_transactions()
    {
        var site = Enumerable.Range(0, 5000).Select(i => $"meter-{i}").ToList();
        foreach (var id in site)
            Report(_site.Add(id, "plant"), Start, readings: 30);
        await SweepUntilAsync(TimeSpan.FromHours(1), from: TimeSpan.FromMinutes(59));
        var outage = Assert.Single(_groups.Alerts, a => a is { Change: AlertChange.Opened, Group: "plant" });
        Assert.Equal("5000 of 5000 active members of plant fell silent together.", outage.Summary);
        Assert.DoesNotContain(_states.Alerts, a => a.Change == AlertChange.Opened);
        Assert.All(site, id => Assert.Equal(ConnectivityStatus.Offline, _states.Records[id].Detection.Status));
        Assert.InRange(_states.Commits, 3, 20);
    }

    [Fact]
    public async Task Of_a_group_too_large_to_remember_so_many_are_an_outage_too()
    {
        for (var i = 0; i < GroupOutageState.MaxMembers * 2; i++)
            Report(_site.Add($"meter-{i}", "city"), Start, readings: 2);
        await SweepUntilAsync(TimeSpan.FromHours(1), from: TimeSpan.FromHours(1));
        Assert.Single(_groups.Alerts, a => a is { Change: AlertChange.Opened, Group: "city" });
    }

    [Fact]
    public async Task A_group_with_rules_of_its_own_is_judged_by_them()
    {
        _rules.Add(new("site", MinimumMembers: 5));
        await SweepUntilAsync(TimeSpan.FromHours(1));
        Assert.Empty(_groups.Alerts);
        Assert.Equal(4, _states.Alerts.Count(a => a.Change == AlertChange.Opened));
    }

    [Fact]
    public async Task The_incident_clears_as_the_members_return()
    {
        await SweepUntilAsync(TimeSpan.FromHours(1));
        foreach (var id in Members)
            Report(id, Start + TimeSpan.FromHours(1), readings: 1);
        await SweepUntilAsync(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(30));
        Assert.Single(_groups.Alerts, a => a.Change == AlertChange.Cleared);
        Assert.Empty(_groups.Rows);
    }

    [Fact]
    public async Task Who_stays_away_when_the_others_are_back_is_told_by_itself_and_their_next_silence_is_told_too()
    {
        await SweepUntilAsync(TimeSpan.FromHours(1));
        for (var minute = 60; minute < 90; minute++)
        {
            foreach (var id in Members.Skip(1))
                Report(id, Start + TimeSpan.FromMinutes(minute), readings: 1);
            await SweepUntilAsync(TimeSpan.FromMinutes(minute + 1), from: TimeSpan.FromMinutes(minute));
        }
        var opened = Assert.Single(_states.Alerts, a => a.Change == AlertChange.Opened);
        Assert.Equal(("a", "device"), (opened.DeviceId, opened.Cause));
        await SweepUntilAsync(TimeSpan.FromHours(2), from: TimeSpan.FromMinutes(90));
        Assert.Equal([AlertChange.Opened, AlertChange.Cleared, AlertChange.Opened], _groups.Alerts.Where(a => a.Change != AlertChange.Revised).Select(a => a.Change));
        Assert.Equal(["b", "c", "d"], (string[])_groups.Alerts[^1].Evidence["members"]);
    }

    [Fact]
    public async Task One_silent_member_is_no_outage()
    {
        for (var minute = 0; minute < 60; minute++)
        {
            foreach (var id in Members.Skip(1))
                Report(id, Start + TimeSpan.FromMinutes(minute), readings: 1);
            await SweepUntilAsync(TimeSpan.FromMinutes(minute));
        }

        Assert.Empty(_groups.Alerts);
        Assert.Equal("a", Assert.Single(_states.Alerts, a => a.Change == AlertChange.Opened).DeviceId);
    }

    [Fact]
    public async Task A_group_heard_a_quarter_as_much_as_usual_is_one_incident_that_clears_when_it_is_heard_again()
    {
        for (var minute = 0; minute < 240; minute++)
        {
            foreach (var (id, k) in Members.Select((id, k) => (id, k)))
            {
                if (minute is < 60 or >= 150 || (minute + 2 * k) % 9 is 0 or 4)
                    Report(id, Start + TimeSpan.FromMinutes(minute), readings: 1);
            }
            await SweepUntilAsync(TimeSpan.FromMinutes(minute + 1), from: TimeSpan.FromMinutes(minute));
        }
        Assert.Equal(
            [(AlertKind.GroupOutage, AlertChange.Opened), (AlertKind.GroupOutage, AlertChange.Cleared)],
            _groups.Alerts.Where(a => a.Change != AlertChange.Revised).Select(a => (a.Kind, a.Change)));
        Assert.InRange(_groups.Alerts[0].At, Start.AddMinutes(65), Start.AddMinutes(90));
        Assert.InRange(_groups.Alerts[^1].At, Start.AddMinutes(150), Start.AddMinutes(180));
        Assert.Empty(_groups.Rows);
    }

    [Fact]
    public async Task A_process_that_died_before_it_told_the_members_tells_them_at_the_next_sweep()
    {
        _groups.DieAfterCommit = true;
        await Assert.ThrowsAsync<OperationCanceledException>(() => SweepUntilAsync(TimeSpan.FromHours(1)));
        _groups.DieAfterCommit = false;
        await SweepUntilAsync(TimeSpan.FromHours(2), from: _watermark - Start);
        Assert.Single(_groups.Alerts, a => a.Change == AlertChange.Opened);
        Assert.DoesNotContain(_states.Alerts, a => a.Change == AlertChange.Opened);
    }

    [Fact]
    public async Task What_fails_of_one_group_keeps_no_other_from_being_judged()
    {
        _site.Groups("broken", "site");
        _groups.Broken = "broken";
        for (var minute = 0; minute < 60; minute++)
            await Record.ExceptionAsync(() => SweepUntilAsync(TimeSpan.FromMinutes(minute), from: TimeSpan.FromMinutes(minute)));
        Assert.Equal(["site"], _groups.Alerts.Where(a => a.Change == AlertChange.Opened).Select(a => a.Group));
        Assert.Same(_groups.Fault, await Record.ExceptionAsync(() => SweepUntilAsync(TimeSpan.FromHours(1), from: TimeSpan.FromHours(1))));
    }

    [Fact]
    public async Task Who_stays_away_after_an_outage_has_its_time_to_return_though_another_of_its_groups_is_heard_badly()
    {
        string[] plant = [.. Enumerable.Range(0, 4).Select(i => _site.Add($"p{i}", "plant"))];
        foreach (var id in plant)
            Report(id, Start, readings: 60);
        for (var minute = 0; minute < 90; minute++)
        {
            foreach (var (id, k) in plant.Select((id, k) => (id, k)).Where(p => (minute + 2 * p.k) % 9 is 0 or 4))
                Report(id, Start + TimeSpan.FromMinutes(minute), readings: 1);
            await SweepUntilAsync(TimeSpan.FromMinutes(minute + 1), from: TimeSpan.FromMinutes(minute));
            if (minute == 40)
                HeardBadly("plant", silent: "a");
            foreach (var id in minute < 50 ? [] : Members.Skip(1))
                Report(id, Start + TimeSpan.FromMinutes(minute), readings: 1);
        }
        Assert.NotNull(GroupOutageState.Read(_groups.Rows["plant"]).DegradedAt);
        var told = Assert.Single(_states.Alerts, a => a is { DeviceId: "a", Change: AlertChange.Opened });
        Assert.InRange(told.At, Start.AddMinutes(53), Start.AddMinutes(90));
    }

    [Fact]
    public async Task Members_that_moved_to_another_group_leave_the_outage_of_the_old_one()
    {
        await SweepUntilAsync(TimeSpan.FromHours(1));
        _site.Groups("yard");
        await SweepUntilAsync(TimeSpan.FromHours(2), from: TimeSpan.FromHours(1));
        Assert.Equal([("site", AlertChange.Opened), ("site", AlertChange.Cleared), ("yard", AlertChange.Opened)], _groups.Alerts.Where(a => a.Change != AlertChange.Revised).Select(a => (a.Group!, a.Change)).Order());
        Assert.DoesNotContain(_states.Alerts, a => a.Change == AlertChange.Opened);
    }

    [Fact]
    public async Task Who_stays_away_after_an_outage_of_days_is_told_although_its_shard_cannot_be_written_at_first()
    {
        await SweepUntilAsync(TimeSpan.FromHours(1));
        foreach (var id in Members.Skip(1))
            Report(id, Start + TimeSpan.FromHours(30), readings: 1);
        _states.FailBeforeCommit = true;
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<UnavailableException>(() => SweepUntilAsync(TimeSpan.FromHours(30), from: TimeSpan.FromHours(30)));
        _states.FailBeforeCommit = false;
        for (var minute = 1; minute < 90; minute++)
        {
            foreach (var id in Members.Skip(1))
                Report(id, Start + TimeSpan.FromHours(30) + TimeSpan.FromMinutes(minute), readings: 1);
            await SweepUntilAsync(TimeSpan.FromHours(30) + TimeSpan.FromMinutes(minute), from: TimeSpan.FromHours(30) + TimeSpan.FromMinutes(minute));
        }
        Assert.Equal("a", Assert.Single(_states.Alerts, a => a.Change == AlertChange.Opened).DeviceId);
    }

    private void HeardBadly(string group, string silent)
    {
        var state = _groups.Rows.TryGetValue(group, out var row) ? GroupOutageState.Read(row) : new();
        (state.RaisedAt, state.DegradedAt) = (null, _watermark);
        state.SilentMembers[silent] = new(Start, Start.AddDays(1), Start.AddMinutes(10));
        foreach (var id in state.Attached.ToList())
            state.Attached.Remove(id);
        _groups.Rows[group] = state.Write();
        _site.Move(silent, "site", group);
    }

    private async Task SweepUntilAsync(TimeSpan until, TimeSpan from = default)
    {
        for (var at = from; at <= until; at += TimeSpan.FromSeconds(10))
        {
            _watermark = Start + at;
            _time.SetUtcNow(_watermark > _time.GetUtcNow() ? _watermark : _time.GetUtcNow());
            await _sweep.RunAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>As ApplyTelemetry would store it: a reading each minute up to <paramref name="until"/>.</summary>
    private void Report(string deviceId, DateTimeOffset until, int readings)
    {
        var record = _states.Records.GetValueOrDefault(deviceId);
        var policy = new DetectionPolicy { ReportingInterval = TimeSpan.FromMinutes(1) };
        for (var i = readings - 1; i >= 0; i--)
            Detectors.Observe(policy, ref record.Detection, new Reading(), until - TimeSpan.FromMinutes(i), []);
        record.LastSeen = until;
        record.DueAt = Detectors.DueAt(policy, record.Detection);
        _states.Records[deviceId] = record;
    }

    private sealed class Site : IDeviceCatalog, IDeviceRegistry
    {
        private readonly Dictionary<string, Device> _devices = [];

        public Site()
        {
            foreach (var id in Members)
                Add(id, "site");
        }

        public string Add(string id, string group)
        {
            _devices.Add(id, new() { Id = id, RegisteredAt = Start, Groups = [group], ReportingInterval = TimeSpan.FromMinutes(1) });
            return id;
        }

        public void Groups(params string[] groups)
        {
            foreach (var id in Members)
                Move(id, groups);
        }

        public void Move(string id, params string[] groups) => _devices[id] = _devices[id] with { Groups = groups };

        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(_devices.GetValueOrDefault(deviceId));

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new((DeviceModel?)null);

        Task<Device?> IDeviceRegistry.FindAsync(string deviceId, CancellationToken cancellationToken) => FindAsync(deviceId, cancellationToken).AsTask();

        Task<DeviceModel?> IDeviceRegistry.FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(null);

        public IAsyncEnumerable<Device> ListAsync(CancellationToken cancellationToken) => _devices.Values.ToAsyncEnumerable();
    }

    private sealed class Watermark(Func<DateTimeOffset> watermark) : IProcessedWatermarks
    {
        public Task<IReadOnlyList<DateTimeOffset?>> ReadAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<DateTimeOffset?>>([watermark()]);
    }

    private sealed class NoGaps : IBackendGaps
    {
        public Task<DateTimeOffset> BeatAsync(CancellationToken cancellationToken) => Task.FromResult(DateTimeOffset.UnixEpoch);

        public Task SweptAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Missed()
        {
        }
    }
}
