using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Devices;

/// <summary>Looks at the memory of the whole process: nothing else may run beside it.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;

[Collection(nameof(AloneInTheProcess))]
public sealed class AuthenticationFailuresTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 1, 12, 7, 0, TimeSpan.Zero));
    private readonly AuthenticationFailures _failures;

    public AuthenticationFailuresTests() => _failures = new(_time);

    [Fact]
    public void Many_failures_within_a_window_are_one_alert()
    {
        var steps = Fail("a", 100);
        Assert.Equal((AlertChange.Opened, AlertKind.SecurityAuthFailures, "a"), (steps.Single().Change, steps[0].Kind, steps[0].DeviceId));
    }

    [Fact]
    public void A_few_failures_in_each_window_are_none()
    {
        for (var i = 0; i < 50; i++, _time.Advance(TimeSpan.FromMinutes(5)))
            Assert.Empty(Fail("a", AuthenticationFailures.Threshold - 1));
    }

    [Fact]
    public void Failures_that_go_on_revise_the_same_alert_once_a_window()
    {
        var opened = Fail("a", 30).Single();
        _time.Advance(TimeSpan.FromMinutes(5));
        var revised = Fail("a", 30).Single();
        Assert.Equal((AlertChange.Revised, opened.AlertId), (revised.Change, revised.AlertId));
    }

    [Fact]
    public void After_a_quiet_time_another_alert_begins_and_two_instances_give_it_one_id()
    {
        var first = Fail("a", 30).Single();
        _time.Advance(AuthenticationFailures.Quiet);
        var other = new AuthenticationFailures(_time);
        var second = Fail("a", 30).Single();
        var elsewhere = Enumerable.Range(0, 30).Select(_ => other.Record("a", AuthenticationResult.Expired)).Single(s => s is not null);
        Assert.Equal(AlertChange.Opened, second.Change);
        Assert.NotEqual(first.AlertId, second.AlertId);
        Assert.Equal(second.AlertId, elsewhere!.AlertId);
    }

    [Fact]
    public void A_flood_of_made_up_names_does_not_fill_the_memory()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 20 * AuthenticationFailures.MaxDevices; i++)
            _failures.Record($"made-up-{i}", AuthenticationResult.WrongSignature);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8_000_000);
        Assert.Single(Fail("a", 30));
    }

    private List<AlertTransition> Fail(string device, int times) =>
        [.. Enumerable.Range(0, times).Select(_ => _failures.Record(device, AuthenticationResult.WrongSignature)).OfType<AlertTransition>()];
}
