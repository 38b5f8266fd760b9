using IoTBackend.Core.Releases.Desired;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Desired;

public sealed class DesiredVersionsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly DesiredVersions _versions;

    public DesiredVersionsTests() => _versions = new(_time);

    [Fact]
    public void A_version_never_goes_back()
    {
        _versions.Set("a", 3);
        _versions.Set("a", 2);
        Assert.Equal(3, _versions.Find("a"));
        Assert.Null(_versions.Find("b"));
    }

    [Fact]
    public async Task All_who_wait_for_a_device_hear_of_its_change_and_nobody_else()
    {
        var (first, second, other) = (WaitAsync("a", 0), WaitAsync("a", 0), WaitAsync("b", 0));
        _versions.Set("a", 1);
        Assert.Equal([Waited.Changed, Waited.Changed], await Task.WhenAll(first, second));
        Assert.False(other.IsCompleted);
    }

    [Fact]
    public async Task A_change_heard_again_does_not_end_the_wait()
    {
        _versions.Set("a", 1);
        var wait = WaitAsync("a", 1);
        _versions.Set("a", 1);
        _versions.Set("a", 0);
        await Task.Yield();
        Assert.False(wait.IsCompleted);
        _versions.Set("a", 2);
        Assert.Equal(Waited.Changed, await wait);
    }

    [Fact]
    public async Task A_wait_ends_when_its_time_is_over()
    {
        var wait = WaitAsync("a", 0);
        _time.Advance(Minute);
        Assert.Equal(Waited.TimeOver, await wait);
    }

    [Fact]
    public async Task So_many_wait_and_no_more_and_a_place_that_is_left_is_free_again()
    {
        var versions = new DesiredVersions(_time, maxWaiting: 3);
        var waiting = new[] { "a", "a", "b" }.Select(device => versions.WaitAsync(device, 0, Minute, TestContext.Current.CancellationToken)).ToList();
        Assert.Equal(Waited.NoPlace, await versions.WaitAsync("c", 0, Minute, TestContext.Current.CancellationToken));
        versions.Set("b", 1);
        Assert.Equal(Waited.Changed, await waiting[2]);
        Assert.Equal(Waited.NoPlace, await versions.WaitAsync("a", 0, Minute, TestContext.Current.CancellationToken));
        var next = versions.WaitAsync("c", 0, Minute, TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        versions.Set("c", 1);
        Assert.Equal(Waited.Changed, await next);
    }

    [Fact]
    public async Task A_device_that_hangs_up_ends_its_wait()
    {
        using var cancel = new CancellationTokenSource();
        var wait = _versions.WaitAsync("a", 0, Minute, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    private Task<Waited> WaitAsync(string device, long known) => _versions.WaitAsync(device, known, Minute, TestContext.Current.CancellationToken);
}
