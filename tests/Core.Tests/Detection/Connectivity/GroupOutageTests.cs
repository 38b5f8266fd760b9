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
    public void Members_of_an_outage_are_quiet_until_it_ends()
    {
        var device = new WatchedDevice().Report(2000, TimeSpan.FromMinutes(1)).Wait(TimeSpan.FromMinutes(3.5));
        Assert.Equal(ConnectivityStatus.Overdue, device.State.Status);
        Detectors.Attach(ref device.State, "site", device.Now, device.Signals);
        Assert.Empty(device.Wait(TimeSpan.FromHours(5)).Signals);
        Assert.Equal(ConnectivityStatus.Offline, device.State.Status);
        Detectors.Detach(ref device.State, device.Now);
        Assert.Single(device.Wait(TimeSpan.FromHours(1)).Opened(AlertKind.DeviceOffline));
    }

    [Fact]
    public void A_member_whose_alert_is_already_open_is_told_the_cause()
    {
        var device = new WatchedDevice().Report(2000, TimeSpan.FromMinutes(1)).Wait(TimeSpan.FromMinutes(30));
        Detectors.Attach(ref device.State, "site", device.Now, device.Signals);
        Assert.Equal((AlertChange.Revised, "gateway"), (device.Signals[^1].Change, device.Signals[^1].Cause));
    }

    private GroupOutageChange Silent(string id, int minute, int active = 3) => GroupOutageDetector.Observe(new(), "g", _state, [Change(id, ConnectivityStatus.Overdue, minute)], T.AddMinutes(minute), active, new());

    private GroupOutageChange Back(string id, int minute, int active = 3) => GroupOutageDetector.Observe(new(), "g", _state, [Change(id, ConnectivityStatus.Online, minute)], T.AddMinutes(minute), active, new());

    private static MemberChange Change(string id, ConnectivityStatus status, int minute) => new(id, status, T.AddMinutes(minute - 5), T.AddMinutes(minute), TimeSpan.FromMinutes(1));
}
