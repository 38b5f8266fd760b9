using System.Collections.Concurrent;
using Azure;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using Local.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Adapters.Tests.State;

/// <summary>The promises of the state store, on Microsoft's storage emulator.</summary>
public sealed class TableDeviceStatesTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly TableServiceClient _tables = new(storage.ConnectionString);
    private readonly AlertQueue _queue = new();
    private readonly Letters _letters = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _tables.DeleteTableAsync(TableNames.DeviceStates, Cancellation);
        await new CreateTables(_tables).StartAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Another_process_finds_what_was_committed()
    {
        await CommitAsync(NewProcess(), Change("a", readings: 3));
        Assert.Equal(3, (await NewProcess().FindAsync("a", Cancellation))!.Value.Readings);
        Assert.Null(await NewProcess().FindAsync("b", Cancellation));
    }

    [Fact]
    public async Task The_images_that_devices_name_are_listed_without_their_states()
    {
        var states = NewProcess();
        var record = new DeviceRecord();
        Detectors.Observe(DetectionPolicy.For(null, null), ref record.Detection, new Reading { Track = "sensor", Digest = "sha256:1" }, Now, []);
        await CommitAsync(states, new DeviceChange("a", record, []), Change("b", readings: 1));
        Assert.Equal([new("a", "sensor", "sha256:1")], await states.ListImagesAsync(Cancellation).ToListAsync(Cancellation));

        Detectors.Observe(DetectionPolicy.For(null, null), ref record.Detection, new Reading { Track = "agent", Digest = "sha256:2" }, Now.AddMinutes(1), []);
        await CommitAsync(states, new DeviceChange("a", record, []));
        var both = Assert.Single(await states.ListImagesAsync(Cancellation).ToListAsync(Cancellation));
        Assert.Equal(("agent", "sha256:2"), (both.Track, both.Digest));
        Assert.Equal(Assert.Single(record.Detection.OtherImages), Assert.Single(both.Others!));
    }

    [Fact]
    public async Task Of_two_processes_that_change_one_device_the_second_is_refused_and_then_sees_the_first()
    {
        var (first, second) = (NewProcess(), NewProcess());
        await CommitAsync(first, Change("a", readings: 1));
        await using var behind = await second.OpenAsync(0, whole: true, Cancellation);
        await CommitAsync(first, Change("a", readings: 2));
        Assert.False(await behind.TryCommitAsync([Change("a", readings: 9)], Cancellation));
        Assert.Equal(2, (await behind.GetAsync("a", Cancellation)).Readings);
        Assert.True(await behind.TryCommitAsync([Change("a", readings: 3)], Cancellation));
    }

    [Fact]
    public async Task A_device_made_by_two_processes_at_once_is_made_once()
    {
        var (first, second) = (NewProcess(), NewProcess());
        await using var one = await first.OpenAsync(0, whole: true, Cancellation);
        await using var other = await second.OpenAsync(0, whole: true, Cancellation);
        Assert.True(await one.TryCommitAsync([Change("a", readings: 1)], Cancellation));
        Assert.False(await other.TryCommitAsync([Change("a", readings: 1)], Cancellation));
    }

    [Fact]
    public async Task More_devices_than_a_transaction_holds_are_all_stored()
    {
        DeviceChange[] changes = [.. Enumerable.Range(0, 250).Select(i => Change($"d{i}", readings: i, dueAt: Now))];
        await CommitAsync(NewProcess(), changes);
        Assert.Equal(250, await NewProcess().ListAsync(Cancellation).CountAsync(Cancellation));
        Assert.Equal(250, (await DueAsync(Now.AddSeconds(1))).Count);
    }

    [Fact]
    public async Task The_due_index_follows_a_device_and_holds_it_once()
    {
        var states = NewProcess();
        await CommitAsync(states, Change("a", readings: 1, dueAt: Now.AddMinutes(1)));
        await CommitAsync(states, Change("a", readings: 2, dueAt: Now.AddMinutes(3)));
        Assert.Empty(await DueAsync(Now.AddMinutes(2)));
        Assert.Equal(["a"], await DueAsync(Now.AddMinutes(4)));
        await CommitAsync(states, Change("a", readings: 3, dueAt: null));
        Assert.Empty(await DueAsync(Now.AddYears(1)));
    }

    [Fact]
    public async Task A_device_whose_index_row_was_lost_is_stored_at_the_second_try()
    {
        var states = NewProcess();
        await CommitAsync(states, Change("a", readings: 1, dueAt: Now));
        await _tables.GetTableClient(TableNames.DeviceStates).DeleteEntityAsync("s0000", DeviceStateKeys.Due(Now, "a"), cancellationToken: Cancellation);
        await using var shard = await states.OpenAsync(0, whole: true, Cancellation);
        Assert.False(await shard.TryCommitAsync([Change("a", readings: 2, dueAt: Now.AddMinutes(1))], Cancellation));
        await shard.GetAsync("a", Cancellation);
        Assert.True(await shard.TryCommitAsync([Change("a", readings: 2, dueAt: Now.AddMinutes(1))], Cancellation));
    }

    [Fact]
    public async Task An_alert_is_sent_after_the_commit_and_then_gone_from_the_outbox()
    {
        await CommitAsync(NewProcess(), Change("a", readings: 1) with { Alerts = [Alert("a")] });
        await DueAsync(Now);
        Assert.Equal(["a"], _queue.Sent.Select(a => a.DeviceId));
    }

    [Fact]
    public async Task A_storm_of_alerts_leaves_side_by_side_while_the_shard_is_free_for_telemetry()
    {
        var states = NewProcess();
        _queue.Until = new();
        var storm = CommitAsync(states, [.. Enumerable.Range(0, 300).Select(i => Change($"d{i}", readings: 1) with { Alerts = [Alert($"d{i}")] })]);
        await _queue.Waiting(16);
        await using (await states.OpenAsync(0, whole: false, Cancellation).WaitAsync(TimeSpan.FromMinutes(1), Cancellation))
            Assert.False(storm.IsCompleted);
        _queue.Until.SetResult();
        await storm;
        Assert.Equal((300, 0), (_queue.Sent.Count, await _tables.GetTableClient(TableNames.DeviceStates)
            .QueryAsync<TableEntity>(e => e.RowKey.CompareTo("!o-") > 0 && e.RowKey.CompareTo("!o.") < 0, cancellationToken: Cancellation).CountAsync(Cancellation)));
    }

    [Fact]
    public async Task An_alert_whose_process_died_before_it_was_sent_is_sent_by_the_next_sweep()
    {
        _queue.IsDown = true;
        await CommitAsync(NewProcess(), Change("a", readings: 1) with { Alerts = [Alert("a")] });
        Assert.Empty(_queue.Sent);
        _queue.IsDown = false;
        await DueAsync(Now);
        await DueAsync(Now);
        Assert.Equal(["a"], _queue.Sent.Select(a => a.DeviceId));
    }

    [Fact]
    public async Task A_removed_device_leaves_nothing_behind()
    {
        await CommitAsync(NewProcess(), Change("a", readings: 1, dueAt: Now));
        await NewProcess().RemoveAsync("a", Cancellation);
        Assert.Equal(0, await _tables.GetTableClient(TableNames.DeviceStates).QueryAsync<TableEntity>(cancellationToken: Cancellation).CountAsync(Cancellation));
    }

    [Theory]
    [InlineData("a bit", true)]
    [InlineData("a bit", false)]
    [InlineData("its end", true)]
    [InlineData("its end", false)]
    [InlineData("its end and its checksum", true)]
    [InlineData("everything", false)]
    public async Task A_state_that_lost_something_costs_its_device_only_and_is_kept_as_a_dead_letter(string lost, bool whole)
    {
        await CommitAsync(NewProcess(), Change("a", readings: 1, dueAt: Now), Change("b", readings: 2, dueAt: Now));
        var bytes = await DamageAsync("a", lost);
        var states = NewProcess();
        await using (var shard = await states.OpenAsync(0, whole, Cancellation))
        {
            Assert.Equal((0L, 2L), ((await shard.GetAsync("a", Cancellation)).Readings, (await shard.GetAsync("b", Cancellation)).Readings));
            Assert.Equal(["b"], await shard.DueAsync(Now.AddMinutes(1), Cancellation));
            Assert.True(await shard.TryCommitAsync([Change("a", readings: 5), Change("b", readings: 6)], Cancellation));
        }

        var letter = Assert.Single(_letters.Added.DistinctBy(l => l.Event.SequenceNumber));
        Assert.Equal(bytes, letter.Event.Body.ToArray());
        Assert.StartsWith("The stored state of device a cannot be read", letter.Reason, StringComparison.Ordinal);
        Assert.Equal([5L, 6L], await NewProcess().ListAsync(Cancellation).Select(r => r.Value.Readings).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task A_damaged_state_keeps_no_listing_from_its_others()
    {
        await CommitAsync(NewProcess(), Change("a", readings: 1), Change("b", readings: 2));
        await DamageAsync("a", "a bit");
        var states = NewProcess();
        Assert.Equal("b", Assert.Single(await states.ListAsync(Cancellation).ToListAsync(Cancellation)).Key);
        Assert.Equal("b", Assert.Single(await states.FindAsync(["a", "b"], 2, Cancellation)).Key);
        Assert.Null(await states.FindAsync("a", Cancellation));
    }

    [Fact]
    public async Task A_step_in_the_outbox_that_cannot_be_read_holds_up_no_sweep()
    {
        await CommitAsync(NewProcess(), new DeviceChange("a", new() { DueAt = Now }, []));
        await _tables.GetTableClient(TableNames.DeviceStates).AddEntityAsync(new TableEntity("s0000", "!o-x") { ["Alert"] = "{\"alertId\":" }, Cancellation);
        Assert.Equal(["a"], await DueAsync(Now.AddMinutes(1)));
        Assert.Equal(["a"], await DueAsync(Now.AddMinutes(1)));
        Assert.Empty(_queue.Sent);
        Assert.Null((await _tables.GetTableClient(TableNames.DeviceStates).GetEntityIfExistsAsync<TableEntity>("s0000", "!o-x", cancellationToken: Cancellation)).HasValue ? "there" : null);
    }

    /// <returns>The bytes that are there now.</returns>
    private async Task<byte[]> DamageAsync(string deviceId, string lost)
    {
        var table = _tables.GetTableClient(TableNames.DeviceStates);
        TableEntity row = await table.GetEntityAsync<TableEntity>("s0000", $"d-{deviceId}", cancellationToken: Cancellation);
        var bytes = row.GetBinary("State");
        if (lost == "a bit")
            bytes[^20] ^= 4;
        else
            bytes = lost == "everything" ? [] : bytes[..(bytes.Length / 2)];
        row["State"] = bytes;
        if (lost == "everything")
            row.Remove("State");
        if (lost is "everything" or "its end and its checksum")
            row.Remove("Check");
        await table.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Replace, Cancellation);
        return bytes;
    }

    private TableDeviceStates NewProcess() =>
        new(_tables, new OutboxRelay(_queue, NullLogger<OutboxRelay>.Instance), new DamagedStates(_letters, NullLogger<DamagedStates>.Instance), Options.Create(new DeviceStateOptions { ShardCount = 1 }));

    private async Task CommitAsync(TableDeviceStates states, params DeviceChange[] changes)
    {
        await using var shard = await states.OpenAsync(0, whole: false, Cancellation);
        foreach (var change in changes)
            await shard.GetAsync(change.DeviceId, Cancellation);
        Assert.True(await shard.TryCommitAsync(changes, Cancellation));
    }

    private async Task<IReadOnlyList<string>> DueAsync(DateTimeOffset until)
    {
        await using var shard = await NewProcess().OpenAsync(0, whole: false, Cancellation);
        return await shard.DueAsync(until, Cancellation);
    }

    private static DeviceChange Change(string deviceId, long readings, DateTimeOffset? dueAt = null) =>
        new(deviceId, new DeviceRecord { Readings = readings, DueAt = dueAt, LastSeen = Now }, []);

    private static AlertTransition Alert(string deviceId) => new()
    {
        AlertId = AlertTransition.IdOf(deviceId, AlertKind.DeviceOffline, Now),
        Change = AlertChange.Opened,
        Kind = AlertKind.DeviceOffline,
        Severity = Severity.Warning,
        DeviceId = deviceId,
        Summary = "Silent.",
        RaisedAt = Now,
        At = Now,
        Evidence = new Dictionary<string, object> { ["silentFor"] = 60.5 },
    };

    private sealed class AlertQueue : IAlertQueue
    {
        private readonly SemaphoreSlim _entered = new(0);

        public bool IsDown { get; set; }

        /// <summary>Messages wait for it; null = they go through.</summary>
        public TaskCompletionSource? Until { get; set; }

        public ConcurrentQueue<AlertTransition> Sent { get; } = [];

        public async Task Waiting(int messages)
        {
            for (var i = 0; i < messages; i++)
                Assert.True(await _entered.WaitAsync(TimeSpan.FromMinutes(1)));
        }

        public async Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken)
        {
            if (IsDown)
                throw new UnavailableException("queue storage");
            _entered.Release();
            if (Until is { } until)
                await until.Task;
            Sent.Enqueue(transition);
        }
    }

    private sealed class Letters : IDeadLetters
    {
        public List<DeadLetter> Added { get; } = [];

        public Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
        {
            Added.AddRange(letters);
            return Task.CompletedTask;
        }
    }
}
