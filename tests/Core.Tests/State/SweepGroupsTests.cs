using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Readings;
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
        Assert.Equal("a", Assert.Single(_states.Alerts, a => a.Change == AlertChange.Opened).DeviceId);
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
        Assert.Equal([(AlertKind.GroupDegraded, AlertChange.Opened), (AlertKind.GroupDegraded, AlertChange.Cleared)], _groups.Alerts.Select(a => (a.Kind, a.Change)));
        Assert.InRange(_groups.Alerts[0].At, Start.AddMinutes(65), Start.AddMinutes(90));
        Assert.InRange(_groups.Alerts[1].At, Start.AddMinutes(150), Start.AddMinutes(180));
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

        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(_devices.GetValueOrDefault(deviceId));

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new((DeviceModel?)null);

        Task<Device?> IDeviceRegistry.FindAsync(string deviceId, CancellationToken cancellationToken) => FindAsync(deviceId, cancellationToken).AsTask();

        Task<DeviceModel?> IDeviceRegistry.FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(null);

        public IAsyncEnumerable<Device> ListAsync(CancellationToken cancellationToken) => _devices.Values.ToAsyncEnumerable();
    }

    private sealed class MemoryGroups : IGroupStates
    {
        public Dictionary<string, byte[]> Rows { get; } = [];

        public List<AlertTransition> Alerts { get; } = [];

        public bool DieAfterCommit { get; set; }

        public Task<IReadOnlyList<GroupRow>> ListAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<GroupRow>>([.. Rows.Select(r => new GroupRow(r.Key, GroupOutageState.Read(r.Value), "1"))]);

        public Task<bool> TryCommitAsync(GroupRow row, IReadOnlyList<AlertTransition> alerts, CancellationToken cancellationToken)
        {
            if (row.State.IsEmpty)
                Rows.Remove(row.Group);
            else
                Rows[row.Group] = row.State.Write();
            Alerts.AddRange(alerts);
            return DieAfterCommit && row.State.RaisedAt is not null ? throw new OperationCanceledException() : Task.FromResult(true);
        }
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
