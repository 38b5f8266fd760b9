using IoTBackend.Adapters.Devices;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Devices;

public sealed class DeviceCatalogTests : IDeviceRegistry
{
    private const int Fleet = 3000;

    private readonly FakeTimeProvider _time = new();
    private readonly Dictionary<string, Device> _registered = Enumerable.Range(0, Fleet).Select(i => Named($"d{i}")).ToDictionary(d => d.Id);
    private readonly DeviceCatalog _catalog;
    private TaskCompletionSource? _pause;
    private int _listings;
    private int _reads;
    private bool _isDown;

    public DeviceCatalogTests() => _catalog = new(this, _time);

    [Fact]
    public async Task A_fleet_that_reports_for_a_day_is_listed_now_and_then_and_no_device_is_read_by_itself()
    {
        for (var hour = 0; hour < 24; hour++)
        {
            await FindAllAsync();
            _time.Advance(TimeSpan.FromHours(1));
            await FindAllAsync();
        }

        Assert.InRange(_listings, 20, 50);
        Assert.Equal(0, _reads);
    }

    [Fact]
    public async Task A_device_that_changes_while_the_fleet_is_listed_is_not_remembered_as_it_was()
    {
        _pause = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _catalog.FindAsync("d0", CancellationToken.None).AsTask();
        await UntilAsync(() => _listings == 1);
        _registered["d5"] = Named("d5") with { Model = "new" };
        await _catalog.OfDevices.OnChangeAsync(new(TableDevices.Topic, "d5", null), CancellationToken.None);
        _pause.SetResult();
        await first;
        Assert.Equal("new", (await _catalog.FindAsync("d5", CancellationToken.None))!.Model);
    }

    [Fact]
    public async Task While_the_list_cannot_be_read_devices_are_read_one_by_one_and_who_cannot_hears_of_it()
    {
        _isDown = true;
        await Assert.ThrowsAsync<UnavailableException>(async () => await _catalog.FindAsync("d0", CancellationToken.None));
        _isDown = false;
        Assert.NotNull(await _catalog.FindAsync("d0", CancellationToken.None));
    }

    public Task<Device?> FindAsync(string deviceId, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        Interlocked.Increment(ref _reads);
        return Task.FromResult(_registered.GetValueOrDefault(deviceId));
    }

    public async IAsyncEnumerable<Device> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfDown();
        // A page as it was when it was asked for.
        Device[] page = [.. _registered.Values];
        Interlocked.Increment(ref _listings);
        if (_pause is not null)
            await _pause.Task;
        foreach (var device in page)
            yield return device;
    }

    public Task<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => Task.FromResult<DeviceModel?>(null);

    private async Task FindAllAsync()
    {
        foreach (var id in _registered.Keys)
            Assert.NotNull(await _catalog.FindAsync(id, CancellationToken.None));
    }

    private void ThrowIfDown()
    {
        if (_isDown)
            throw new UnavailableException("test");
    }

    private static Device Named(string id) => new() { Id = id, RegisteredAt = default };

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 6000 && !holds(); i++)
            await Task.Delay(10, CancellationToken.None);
        Assert.True(holds());
    }
}
