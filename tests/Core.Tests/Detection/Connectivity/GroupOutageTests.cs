using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Signals;

namespace Core.Tests.Detection.Connectivity;

public sealed class GroupOutageTests
{
    private static readonly DateTimeOffset T = WatchedDevice.Start;
    private readonly GroupOutageState _state = new();

    [Fact]
    public void A_quorum_of_silent_members_is_one_outage_that_names_them()
    {
        Assert.Same(GroupOutageChange.None, Silent("a", 0));
        var change = Silent("b", 1);
        Assert.All(["a", "b"], id => Assert.True(_state.SpeaksFor(id, T.AddMinutes(1))));
        Assert.Equal(["a", "b"], (string[])Assert.Single(change.Signals).Evidence["members"]);
        Silent("c", 2);
        Assert.True(_state.SpeaksFor("c", T.AddMinutes(2)));
    }

    [Fact]
    public void Too_few_of_many_are_not_an_outage() => Assert.Equal(0, Enumerable.Range(0, 5).Sum(i => Silent($"d{i}", i, 10).Signals.Count));

    [Fact]
    public void It_clears_when_the_members_return_and_hands_back_those_that_do_not()
    {
        Silent("a", 0);
        Silent("b", 1);
        var change = Back("a", 30);
        Assert.Equal(AlertChange.Cleared, Assert.Single(change.Signals).Change);
        Assert.False(_state.SpeaksFor("b", T.AddMinutes(30)));
    }

    [Theory]
    [InlineData(40, "power")]
    [InlineData(-40, "gateway")]
    public void An_outage_whose_members_started_over_was_of_their_power(int restarted, string cause)
    {
        Silent("a", 0);
        Silent("b", 1);
        var change = GroupOutageDetector.Observe(
            new(), "g", _state, [Change("a", ConnectivityStatus.Online, 45) with { RestartedAt = T.AddMinutes(restarted) }], T.AddMinutes(45), 3, new());
        Assert.Equal((AlertChange.Cleared, cause), (change.Signals[0].Change, change.Signals[0].Cause));
    }

    [Fact]
    public void One_that_starts_over_again_and_again_does_not_speak_for_the_others_power()
    {
        var members = Enumerable.Range(0, 8).Select(i => $"m{i}").ToList();
        foreach (var id in members)
            Silent(id, 0, 8);
        for (var minute = 10; minute < 40; minute += 10)
        {
            GroupOutageDetector.Observe(new(), "g", _state, [Change("m0", ConnectivityStatus.Online, minute) with { RestartedAt = T.AddMinutes(minute) }], T.AddMinutes(minute), 8, new());
            Silent("m0", minute + 5, 8);
        }
        var cleared = members.Skip(1).Take(4).SelectMany(id => Back(id, 50, 8).Signals).Single(s => s.Change == AlertChange.Cleared);
        Assert.Equal("gateway", cleared.Cause);
    }

    [Fact]
    public void Who_is_no_member_any_more_is_not_back()
    {
        foreach (var id in (string[])["a", "b", "c", "d", "e"])
            Silent(id, 0, 5);
        var gone = GroupOutageDetector.Observe(new(), "g", _state, [.. "abc".Select(id => MemberChange.Gone($"{id}", T.AddMinutes(20)))], T.AddMinutes(20), 2, new());
        Assert.DoesNotContain(gone.Signals, s => s.Change == AlertChange.Cleared);
        Assert.All(["d", "e"], id => Assert.True(_state.SpeaksFor(id, T.AddMinutes(20))));
    }

    [Fact]
    public void A_member_that_has_been_gone_for_days_is_no_witness()
    {
        Silent("a", 0);
        Assert.Empty(Silent("b", 3 * 1440).Signals);
    }

    [Fact]
    public void The_same_change_twice_and_a_stored_state_make_no_difference()
    {
        Silent("a", 0);
        Silent("a", 0);
        var restored = GroupOutageState.Read(_state.Write());
        Assert.Single(GroupOutageDetector.Observe(new(), "g", restored, [Change("b", ConnectivityStatus.Overdue, 1)], T.AddMinutes(1), 3, new()).Signals);
    }

    [Fact]
    public void The_state_is_bounded_however_large_the_group()
    {
        for (var i = 0; i < 2000; i++)
            Silent(new string('x', 120) + i, 0, 2000);
        Assert.InRange(_state.Members.Count, 1000, 1 + (GroupOutageState.MaxIdBytes / 120));
        Assert.InRange(_state.Write().Length, 1, 1 << 20);
    }

    [Fact]
    public void The_state_is_bounded_however_many_of_a_site_heard_badly_come_and_go()
    {
        (_state.RaisedAt, _state.Since, _state.IsHeardBadly) = (T, T, true);
        var (name, hearing) = (new string('x', 100), HeardBadly());
        for (var i = 0; i < 20; i++)
        {
            foreach (var status in new[] { ConnectivityStatus.Overdue, ConnectivityStatus.Online })
                GroupOutageDetector.Observe(new(), "g", _state, [.. Enumerable.Range(1000 * i, 1000).Select(k => Change(name + k, status, i))], T.AddMinutes(i), 50_000, hearing);
        }
        Assert.NotNull(_state.RaisedAt);
        Assert.InRange(_state.Members.Count, 2000, GroupOutageState.MaxMembers);
        Assert.InRange(_state.Write().Length, 1, 1 << 20);
    }

    [Fact]
    public void Members_of_an_outage_are_quiet_until_it_ends()
    {
        var device = new WatchedDevice().Report(2000, TimeSpan.FromMinutes(1)).Wait(TimeSpan.FromMinutes(3.5));
        Assert.Equal(ConnectivityStatus.Overdue, device.State.Status);
        Detectors.Attach(ref device.State, "site", device.Now, device.Signals);
        Assert.Empty(device.Wait(TimeSpan.FromHours(5)).Signals);
        Assert.Equal(ConnectivityStatus.Offline, device.State.Status);
        Detectors.Detach(device.Policy, ref device.State, isAlone: true, isHeardBadly: false, device.Now);
        Assert.Single(device.Wait(TimeSpan.FromHours(1)).Opened(AlertKind.DeviceOffline));
    }

    [Fact]
    public void A_member_whose_alert_is_already_open_is_told_the_cause()
    {
        var device = new WatchedDevice().Report(2000, TimeSpan.FromMinutes(1)).Wait(TimeSpan.FromMinutes(30));
        Detectors.Attach(ref device.State, "site", device.Now, device.Signals);
        Assert.Equal((AlertChange.Revised, "gateway"), (device.Signals[^1].Change, device.Signals[^1].Cause));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void What_a_member_fell_silent_with_is_no_flapping_of_its_own(bool isShared, int told)
    {
        var device = new WatchedDevice().Report(2000, TimeSpan.FromMinutes(1));
        for (var i = 0; i < 8; i++)
        {
            device.Wait(TimeSpan.FromMinutes(4));
            if (isShared)
                Detectors.Attach(ref device.State, "site", device.Now, device.Signals);
            device.Report(3, TimeSpan.FromMinutes(1));
        }
        Assert.Equal(told, device.Opened(AlertKind.DeviceFlapping).Count());
    }

    [Fact]
    public void A_member_told_with_a_cause_of_its_own_before_the_others_were_missed_keeps_it()
    {
        var device = new WatchedDevice(new DetectionPolicy { Battery = new(LowVoltage: 3, CriticalVoltage: 2.8) });
        device.Report(300, TimeSpan.FromMinutes(1), _ => new() { BatteryVoltage = 2.7 }).Wait(TimeSpan.FromMinutes(30));
        Detectors.Attach(ref device.State, "site", device.Now, device.Signals);
        Assert.Equal((AlertKind.DeviceOffline, AlertChange.Opened, "power"), (device.Signals[^1].Kind, device.Signals[^1].Change, device.Signals[^1].Cause));
    }

    /// <summary>Four members of which every fourth message is heard.</summary>
    private static GroupHearing HeardBadly()
    {
        var device = new WatchedDevice().Report(100, TimeSpan.FromMinutes(1));
        for (var i = 0; i < 10; i++, device.Sequence += 3)
            device.Report(1, TimeSpan.FromMinutes(4));
        var hearing = new GroupHearing();
        foreach (var id in new[] { "e", "f", "g", "h" })
            hearing.Add(id, in device.State, device.Now, DateTimeOffset.MinValue);
        return hearing;
    }

    private GroupOutageChange Silent(string id, int minute, int active = 3) => GroupOutageDetector.Observe(new(), "g", _state, [Change(id, ConnectivityStatus.Overdue, minute)], T.AddMinutes(minute), active, new());

    private GroupOutageChange Back(string id, int minute, int active = 3) => GroupOutageDetector.Observe(new(), "g", _state, [Change(id, ConnectivityStatus.Online, minute)], T.AddMinutes(minute), active, new());

    private static MemberChange Change(string id, ConnectivityStatus status, int minute) => new(id, status, T.AddMinutes(minute - 5), T.AddMinutes(minute), TimeSpan.FromMinutes(1));
}
