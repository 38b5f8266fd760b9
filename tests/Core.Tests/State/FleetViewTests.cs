using System.Runtime.CompilerServices;
using IoTBackend.Core.Devices;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.State;

public sealed class FleetViewTests : IDeviceListing, IDeviceConditions, IDeviceRegistry, IDisposable
{
    private readonly SortedDictionary<string, Device> _devices = new(StringComparer.Ordinal);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Fleet _fleet;
    private readonly FleetView _view;
    private TimeSpan _takes;
    private TaskCompletionSource? _hold;
    private TaskCompletionSource? _holdLookups;
    private int _lookups;
    private int _readings;
    private int _stateReadings;

    public FleetViewTests()
    {
        _fleet = new(this, this, _time);
        _view = new(_fleet, this, this, _time);
        for (var i = 0; i < 500; i++)
            Register($"d{i:D3}", "a");
    }

    [Fact]
    public async Task A_large_fleets_states_are_read_once_for_its_list_its_total_and_its_summary()
    {
        Assert.Equal(500, (await SelectAsync("group:a")).Total);
        Assert.Equal((500, 500), ((await _view.SummarizeAsync(CancellationToken.None)).Devices, (await _view.SummarizeAsync(CancellationToken.None)).ByGroup["a"]));
        Assert.Equal((1, 1), (_readings, _stateReadings));
    }

    [Fact]
    public async Task What_is_in_memory_is_counted_once_until_it_changes()
    {
        var counted = await _view.SummarizeAsync(CancellationToken.None);
        Assert.Same(counted, await _view.SummarizeAsync(CancellationToken.None));
        Register("new", "b");
        _view.Changed("new");
        Assert.Equal(501, (await _view.SummarizeAsync(CancellationToken.None)).Devices);
    }

    [Fact]
    public async Task What_takes_long_to_read_is_shown_as_it_was_while_it_is_read_again()
    {
        _takes = TimeSpan.FromSeconds(3);
        var first = await SelectAsync("");
        _time.Advance(TimeSpan.FromSeconds(26));
        Assert.Equal((first.At, 1), ((await SelectAsync("")).At, _readings));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(first.At, (await SelectAsync("")).At);
        await Task.Run(async () =>
        {
            while ((await SelectAsync("")).At == first.At)
                await Task.Yield();
        }).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, _readings);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(30)]
    [InlineData(70)]
    public async Task However_long_the_fleet_takes_to_read_nothing_older_than_two_minutes_is_shown(int takesSeconds)
    {
        _takes = TimeSpan.FromSeconds(takesSeconds);
        for (var looks = 0; looks < 60; looks++)
        {
            var now = _time.GetUtcNow();
            Assert.InRange(now - (await SelectAsync("")).At, TimeSpan.MinValue, TimeSpan.FromMinutes(2));
            _time.Advance(TimeSpan.FromSeconds(4));
        }
    }

    [Fact]
    public async Task Who_looks_first_after_a_pause_gets_the_last_figures_with_their_time_while_the_fleet_is_read()
    {
        var before = await _view.SummarizeAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(10));
        Register("new", "b");
        _hold = new();
        var first = _view.SummarizeAsync(CancellationToken.None);
        while (_readings == 1)
            await Task.Yield();
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal((500, before.At), ((await first).Devices, (await first).At));
        _hold.SetResult();
        Assert.Equal(501, (await _view.SummarizeAsync(CancellationToken.None)).Devices);
    }

    [Fact]
    public async Task Figures_of_hours_ago_are_no_answer()
    {
        await _view.SummarizeAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromHours(2));
        Register("new", "b");
        _hold = new();
        var first = _view.SummarizeAsync(CancellationToken.None);
        while (_readings == 1)
            await Task.Yield();
        _time.Advance(TimeSpan.FromMilliseconds(300));
        _hold.SetResult();
        Assert.Equal(501, (await first).Devices);
    }

    [Fact]
    public async Task A_registration_that_changed_is_shown_at_once_however_long_the_fleet_takes_to_read()
    {
        _takes = TimeSpan.FromSeconds(10);
        var before = await SelectAsync("");
        Register("d007", "b");
        Register("new", "b");
        _devices.Remove("d008");
        foreach (var id in (string[])["d007", "new", "d008"])
            _view.Changed(id);
        Assert.Equal(["d007", "new"], (await SelectAsync("group:b")).Devices.Select(e => e.Device.Id));
        var after = await SelectAsync("");
        Assert.Equal((500, before.At, 1), (after.Total, after.At, _readings));
        Assert.DoesNotContain(after.Devices, e => e.Device.Id == "d008");
        Assert.Equal(2, (await _view.SummarizeAsync(CancellationToken.None)).ByGroup["b"]);
    }

    [Fact]
    public async Task What_changes_while_the_fleet_is_read_is_not_lost()
    {
        _hold = new();
        var reading = SelectAsync("group:b");
        while (_readings == 0)
            await Task.Yield();
        Register("d007", "b");
        _view.Changed("d007");
        _hold.SetResult();
        Assert.Equal((1, 1), ((await reading).Total, (await SelectAsync("group:b")).Total));
    }

    [Fact]
    public async Task Who_asks_while_a_registration_is_looked_up_sees_the_change_as_well()
    {
        await SelectAsync("");
        Register("d007", "b");
        _view.Changed("d007");
        _holdLookups = new();
        var first = SelectAsync("group:b");
        while (_lookups == 0)
            await Task.Yield();
        var second = SelectAsync("group:b");
        _holdLookups.SetResult();
        Assert.Equal((1, 1, 1), ((await first).Total, (await second).Total, _lookups));
    }

    [Fact]
    public async Task What_changes_again_while_it_is_looked_up_is_not_shown_as_it_was()
    {
        await SelectAsync("");
        Register("d007", "b");
        _view.Changed("d007");
        var hold = _holdLookups = new();
        var first = SelectAsync("group:b");
        while (_lookups == 0)
            await Task.Yield();
        _holdLookups = null;
        Register("d007", "c");
        _view.Changed("d007");
        var second = SelectAsync("group:c");
        hold.SetResult();
        await first;
        Assert.Equal((1, 1), ((await second).Total, (await SelectAsync("group:c")).Total));
    }

    [Fact]
    public async Task A_registration_that_could_not_be_looked_up_is_looked_up_again()
    {
        await SelectAsync("");
        Register("d007", "b");
        _view.Changed("d007");
        _holdLookups = new();
        _holdLookups.SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => SelectAsync("group:b"));
        _holdLookups = null;
        Assert.Equal(1, (await SelectAsync("group:b")).Total);
    }

    [Theory]
    [InlineData(0, 2, 0)]
    [InlineData(10, 1, 300)]
    public async Task When_many_changed_the_fleet_is_read_again_where_that_is_soon_done_else_each_of_them(int takesSeconds, int readings, int lookups)
    {
        _takes = TimeSpan.FromSeconds(takesSeconds);
        await SelectAsync("");
        for (var i = 0; i < 300; i++)
        {
            Register($"d{i:D3}", "b");
            _view.Changed($"d{i:D3}");
        }

        Assert.Equal((300, readings, lookups), ((await SelectAsync("group:b")).Total, _readings, _lookups));
    }

    [Fact]
    public async Task A_count_that_fails_does_so_for_who_waits_for_it_and_for_nobody_else()
    {
        var (failure, lost) = (new IOException(), false);
        TaskScheduler.UnobservedTaskException += Note;
        await _view.SummarizeAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(10));
        var hold = _hold = new();
        var last = _view.SummarizeAsync(CancellationToken.None);
        while (_readings == 1)
            await Task.Yield();
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(500, (await last).Devices);
        var waiting = _view.SummarizeAsync(CancellationToken.None);
        hold.SetException(failure);
        await Assert.ThrowsAsync<IOException>(() => waiting);
        _hold = null;
        Assert.Equal(500, (await _view.SummarizeAsync(CancellationToken.None)).Devices);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= Note;
        Assert.False(lost);

        void Note(object? sender, UnobservedTaskExceptionEventArgs e) => lost |= e.Exception.InnerExceptions.Contains(failure);
    }

    public async IAsyncEnumerable<(Device Device, string Position)> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _time.Advance(_takes);
        var listed = _devices.Values.ToList();
        _readings++;
        if (_hold is { } hold)
            await hold.Task;
        foreach (var device in listed)
            yield return (device, device.Id);
    }

    public Task<IReadOnlyDictionary<string, DeviceCondition>> FindAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, DeviceCondition>>(deviceIds.ToDictionary(id => id, _ => new DeviceCondition { Status = DeviceStatus.Online }));

    public Task<IReadOnlyDictionary<string, DeviceCondition>> FindAllAsync(IReadOnlyDictionary<string, Device> devices, CancellationToken cancellationToken)
    {
        _stateReadings++;
        return FindAsync([.. devices.Keys], cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, DeviceStatus>> StatusesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task<Device?> FindAsync(string deviceId, CancellationToken cancellationToken)
    {
        var found = _devices.GetValueOrDefault(deviceId);
        _lookups++;
        if (_holdLookups is { } hold)
            await hold.Task;
        return found;
    }

    public Task<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(null);

    public IAsyncEnumerable<Device> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
        _view.Dispose();
        _fleet.Dispose();
    }

    private void Register(string id, string group) => _devices[id] = new() { Id = id, Groups = [group], RegisteredAt = default };

    private async Task<FleetSelection> SelectAsync(string filter) => (await _view.SelectAsync(filter, null, 0, 1000, CancellationToken.None)).Value!;
}
