using System.Runtime.CompilerServices;
using IoTBackend.Core.Devices;
using IoTBackend.Core.State;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.State;

public sealed class FleetTests : IDeviceListing, IDeviceConditions, IDisposable
{
    private readonly List<Device> _devices = [];
    private readonly Dictionary<string, DeviceCondition> _conditions = [];
    private readonly FakeTimeProvider _time = new();
    private readonly Fleet _fleet;
    private int _summaries;

    public FleetTests() => _fleet = new(this, this, _time);

    [Theory]
    [InlineData("", "a b c")]
    [InlineData("model:m1", "a b")]
    [InlineData("model:m1 group:g2", "b")]
    [InlineData("platform:linux/arm64", "c")]
    [InlineData("label.site:x", "c")]
    [InlineData("status:offline", "a")]
    [InlineData("status:neverSeen", "b")]
    [InlineData("status:disabled", "c")]
    [InlineData("battery<20", "a")]
    [InlineData("image:sha256:1", "a")]
    [InlineData("id:B", "b")]
    [InlineData("model:none", "")]
    public async Task A_filter_holds_in_all_its_terms(string filter, string expected)
    {
        Fill();
        var page = await _fleet.ListAsync(filter, 100, null, CancellationToken.None);
        Assert.Equal(expected, string.Join(' ', page.Value!.Devices.Select(e => e.Device.Id)));
    }

    [Theory]
    [InlineData("model")]
    [InlineData("model:")]
    [InlineData("colour:red")]
    [InlineData("status:1")]
    [InlineData("battery<full")]
    public async Task A_filter_that_means_nothing_is_refused(string filter) =>
        Assert.Contains("filter", (await _fleet.ListAsync(filter, 100, null, CancellationToken.None)).Reason);

    [Fact]
    public async Task Pages_continue_where_the_one_before_ended_and_miss_and_repeat_nobody()
    {
        for (var i = 0; i < 1234; i++)
            _devices.Add(new() { Id = $"d{i:D5}", Model = i % 3 == 0 ? "m" : null, RegisteredAt = default });
        var seen = new List<string>();
        string? continuation = null;
        do
        {
            var page = (await _fleet.ListAsync("model:m", 100, continuation, CancellationToken.None)).Value!;
            seen.AddRange(page.Devices.Select(e => e.Device.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        Assert.Equal(_devices.Where(d => d.Model == "m").Select(d => d.Id), seen);
    }

    [Fact]
    public async Task A_filter_that_fits_nobody_answers_in_time_with_a_continuation()
    {
        for (var i = 0; i < Fleet.MaxScanned + 1; i++)
            _devices.Add(new() { Id = $"d{i:D5}", RegisteredAt = default });
        var page = (await _fleet.ListAsync("model:m", 100, null, CancellationToken.None)).Value!;
        Assert.Empty(page.Devices);
        Assert.Null((await _fleet.ListAsync("model:m", 100, page.Continuation!, CancellationToken.None)).Value!.Continuation);
    }

    [Fact]
    public async Task The_summary_counts_every_device_once()
    {
        Fill();
        var summary = await _fleet.SummarizeAsync(CancellationToken.None);
        Assert.Equal((3, 1, 1, 1, 2), (summary.Devices, summary.ByStatus["offline"], summary.ByStatus["neverSeen"], summary.ByStatus["disabled"], summary.ByModel["m1"]));
    }

    [Fact]
    public async Task The_fleet_is_counted_once_for_all_who_ask_within_five_seconds()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _fleet.SummarizeAsync(CancellationToken.None)));
        Assert.Equal(1, _summaries);
        Fill();
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(3, (await _fleet.SummarizeAsync(CancellationToken.None)).Devices);
    }

    public async IAsyncEnumerable<(Device Device, string Position)> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var device in _devices.Where(d => after is null || string.CompareOrdinal(d.Id, after) > 0))
            yield return (device, device.Id);
    }

    public Task<IReadOnlyDictionary<string, DeviceCondition>> FindAsync(IReadOnlyList<string> deviceIds, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, DeviceCondition>>(
            deviceIds.Where(_conditions.ContainsKey).ToDictionary(id => id, id => _conditions[id]));

    public Task<IReadOnlyDictionary<string, DeviceCondition>> FindAllAsync(IReadOnlyDictionary<string, Device> devices, CancellationToken cancellationToken) =>
        FindAsync([.. devices.Keys], cancellationToken);

    public Task<IReadOnlyDictionary<string, DeviceStatus>> StatusesAsync(CancellationToken cancellationToken)
    {
        _summaries++;
        return Task.FromResult<IReadOnlyDictionary<string, DeviceStatus>>(_conditions.ToDictionary(c => c.Key, c => c.Value.Status));
    }

    public void Dispose() => _fleet.Dispose();

    private void Fill()
    {
        _devices.Add(new() { Id = "a", Model = "m1", Groups = ["g1"], RegisteredAt = default });
        _devices.Add(new() { Id = "b", Model = "m1", Groups = ["g1", "g2"], RegisteredAt = default });
        _devices.Add(new() { Id = "c", Platform = "linux/arm64", Labels = new Dictionary<string, string> { ["site"] = "x" }, Enabled = false, RegisteredAt = default });
        _conditions["a"] = new()
        {
            Status = DeviceStatus.Offline,
            Battery = new("low", 12, null),
            Images = new Dictionary<string, string> { ["t"] = "sha256:1" },
        };
    }
}
