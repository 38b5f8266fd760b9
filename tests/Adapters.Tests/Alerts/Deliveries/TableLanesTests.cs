using Azure.Data.Tables;
using IoTBackend.Adapters.Alerts.Deliveries;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Signals;
using Local.Tests;

namespace Adapters.Tests.Alerts.Deliveries;

public sealed class TableLanesTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private readonly TableServiceClient _tables = new(storage.ConnectionString);
    private readonly string _channel = $"c{Guid.NewGuid():n}";
    private TableLanes _lanes = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await new CreateTables(_tables).StartAsync(Cancellation);
        _lanes = new(_tables);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_lane_is_taken_by_one_of_two()
    {
        var (one, other) = (await _lanes.ReadAsync(_channel, Cancellation), await _lanes.ReadAsync(_channel, Cancellation));
        var taken = await _lanes.TrySaveAsync(one with { Lane = one.Lane with { HeldUntil = Sample.Raised } }, Cancellation);
        Assert.Null(await _lanes.TrySaveAsync(other, Cancellation));
        Assert.NotNull(await _lanes.TrySaveAsync(taken! with { Lane = taken.Lane with { Failures = 3, Alone = ["a"], Begun = new("id", null, Sample.Raised, Sample.Raised, null) } }, Cancellation));
        var read = (await _lanes.ReadAsync(_channel, Cancellation)).Lane;
        Assert.Equal((3, "a", "id", LaneFlow.Rested), (read.Failures, read.Alone.Single(), read.Begun?.Id, read.Flow));
    }

    [Fact]
    public async Task A_later_notice_of_an_alert_takes_the_place_of_one_that_waits()
    {
        await OweAsync(Sample.Notice());
        await OweAsync(Sample.Notice(NoticeType.Cleared));
        await OweAsync(Sample.Notice(device: "other"));
        var waiting = await WaitingAsync();
        Assert.Equal(["Cleared pump-7", "Opened other"], waiting.Select(w => $"{w.Notice.Type} {w.Notice.Alert.DeviceId}").Order());
    }

    [Fact]
    public async Task What_was_told_leaves_the_lane_for_the_history_and_what_happened_since_stays()
    {
        for (var i = 0; i < 120; i++)
            await OweAsync(Sample.Notice(device: $"d{i}"));
        var waiting = await WaitingAsync();
        await OweAsync(Sample.Notice(NoticeType.Cleared, "d7"));
        await _lanes.SettleAsync(_channel, waiting, new(_channel, NoticeType.Opened, Sample.Raised, true, "Status 204.", "msg_many", 120), Cancellation);
        var left = Assert.Single(await WaitingAsync());
        Assert.Equal((NoticeType.Cleared, "d7"), (left.Notice.Type, left.Notice.Alert.DeviceId));
        foreach (var device in new[] { "d7", "d119" })
        {
            var told = Assert.Single(await _lanes.HistoryAsync(_channel, Sample.Notice(device: device).Alert.Id, Cancellation));
            Assert.Equal((NoticeType.Opened, "Status 204.", 120), (told.Type, told.Answer, told.Together));
        }
    }

    [Fact]
    public async Task A_notice_for_later_waits_and_is_not_due()
    {
        await OweAsync(Sample.Notice() with { NotBefore = Sample.Raised.AddHours(1) });
        Assert.False(await _lanes.IsWaitingAsync(_channel, Sample.Raised, Cancellation));
        Assert.True(await _lanes.IsWaitingAsync(_channel, Sample.Raised.AddHours(2), Cancellation));
    }

    [Fact]
    public async Task A_notice_that_was_replaced_is_not_put_back()
    {
        await OweAsync(Sample.Notice());
        var before = Assert.Single(await WaitingAsync());
        await OweAsync(Sample.Notice(NoticeType.Cleared));
        await _lanes.PutBackAsync(_channel, before, Cancellation);
        Assert.Equal(NoticeType.Cleared, Assert.Single(await WaitingAsync()).Notice.Type);
    }

    [Fact]
    public async Task Evidence_that_does_not_fit_is_left_out()
    {
        var notice = Sample.Notice();
        await OweAsync(notice with { Alert = notice.Alert with { Evidence = new Dictionary<string, object> { ["members"] = Enumerable.Range(0, 5000).Select(i => $"device-{i}").ToArray(), ["silent"] = 5000 } } });
        Assert.Equal(["silent", "truncated"], Assert.Single(await WaitingAsync()).Notice.Alert.Evidence.Keys.Order());
    }

    [Fact]
    public async Task A_forgotten_channel_leaves_nothing_waiting_and_old_history_is_trimmed()
    {
        await OweAsync(Sample.Notice());
        await _lanes.SettleAsync(_channel, await WaitingAsync(), new(_channel, NoticeType.Opened, Sample.Raised, true, "ok", "m", 1), Cancellation);
        await OweAsync(Sample.Notice(device: "other"));
        await _lanes.ForgetAsync(_channel, Cancellation);
        Assert.Empty(await WaitingAsync());
        await _lanes.TrimAsync(_channel, Sample.Raised, Cancellation);
        Assert.Single(await _lanes.HistoryAsync(_channel, Sample.Notice().Alert.Id, Cancellation));
        await _lanes.TrimAsync(_channel, Sample.Raised.AddMilliseconds(1), Cancellation);
        Assert.Empty(await _lanes.HistoryAsync(_channel, Sample.Notice().Alert.Id, Cancellation));
    }

    [Fact]
    public async Task What_was_given_up_is_listed_the_newest_first_also_what_version_0_1_gave_up()
    {
        var store = new TableUndelivered(_tables);
        await store.AddAsync([new(_channel, Sample.Notice(), "Status 500.", Sample.Raised), new(_channel, Sample.Notice(device: "later"), "Status 500.", Sample.Raised.AddDays(1))], Cancellation);
        const string Old = """{"delivery":{"id":"msg_1","channel":"CHANNEL","notice":{"type":"opened","alert":{"id":"old~group.outage~0","kind":"group.outage","severity":"critical","worstSeverity":"critical","deviceId":"old","groups":[],"summary":"Silent.","evidence":{},"raisedAt":"1970-01-01T00:00:00+00:00","saidAt":"1970-01-01T00:00:00+00:00","saidBy":"opened","state":"open"},"at":"1970-01-01T00:00:00+00:00","state":"open"},"since":"2026-10-01T00:00:00+00:00","attempts":12},"reason":"Status 404.","at":"2026-10-02T00:00:00+00:00"}""";
        await _tables.GetTableClient(TableNames.DeadDeliveries).UpsertEntityAsync(
            new TableEntity("delivery", "msg_1") { ["Document"] = Old.Replace("CHANNEL", _channel, StringComparison.Ordinal) }, cancellationToken: Cancellation);
        var listed = await store.ListAsync(_channel, 10, Cancellation);
        Assert.Equal(["later", "pump-7", "old"], listed.Select(u => u.Notice.Alert.DeviceId));
        Assert.Equal("Status 404.", (await store.FindAsync(listed[2].Id, Cancellation))!.Reason);
        await store.TrimAsync(Sample.Raised.AddHours(1), Cancellation);
        Assert.Equal(["later"], (await store.ListAsync(_channel, 10, Cancellation)).Select(u => u.Notice.Alert.DeviceId));
    }

    [Fact]
    public async Task What_waits_is_read_up_to_a_position_by_its_alert_and_where_it_is_a_critical_beginning()
    {
        for (var i = 0; i < 4; i++)
        {
            var alert = Sample.Notice(device: $"d{i}").Alert;
            await OweAsync(Sample.Notice() with { Alert = alert with { Severity = i == 2 ? Severity.Critical : Severity.Warning } });
        }

        var waiting = await WaitingAsync();
        Assert.Equal(["d0", "d1"], await _lanes.WaitingAsync(_channel, waiting[1].Position, Cancellation).Select(n => n.Notice.Alert.DeviceId).ToListAsync(Cancellation));
        Assert.Equal(["d2"], await _lanes.UrgentAsync(_channel, Cancellation).Select(n => n.Notice.Alert.DeviceId).ToListAsync(Cancellation));
        Assert.Equal(waiting[3], await _lanes.FindAsync(_channel, waiting[3].Notice.Alert.Id, Cancellation) is { } found ? found with { Notice = waiting[3].Notice } : null);
    }

    [Fact]
    public async Task A_notice_that_cannot_be_read_holds_up_no_other()
    {
        await OweAsync(Sample.Notice(device: "a"));
        await OweAsync(Sample.Notice(device: "b"));
        var table = _tables.GetTableClient(TableNames.Lanes);
        var row = await table.GetEntityAsync<TableEntity>(_channel, (await WaitingAsync())[0].Position, cancellationToken: Cancellation);
        row.Value["Document"] = "{\"type\":";
        await table.UpdateEntityAsync(row.Value, row.Value.ETag, TableUpdateMode.Replace, Cancellation);
        Assert.Equal("b", Assert.Single(await WaitingAsync()).Notice.Alert.DeviceId);
        await _lanes.SettleAsync(_channel, await WaitingAsync(), new(_channel, NoticeType.Opened, Sample.Raised, true, "ok", "m", 1), Cancellation);
        Assert.False(await _lanes.IsWaitingAsync(_channel, Sample.Raised, Cancellation));
    }

    private async Task<IReadOnlyList<LaneNotice>> WaitingAsync() => await _lanes.WaitingAsync(_channel, null, Cancellation).ToListAsync(Cancellation);

    private Task OweAsync(Notice notice) => _lanes.OweAsync(_channel, notice, Cancellation);
}
