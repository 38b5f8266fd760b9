using System.Diagnostics.Metrics;
using System.Text;
using Azure.Data.Tables;
using CsCheck;
using IoTBackend.Adapters.Shared;
using IoTBackend.Adapters.State;
using IoTBackend.Benchmarks.Processing;
using IoTBackend.Core.Detection;
using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using IoTBackend.Core.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Adapters.Tests.State;

/// <summary>Processing and the state store on tables that enforce every limit of the service.</summary>
public sealed class StoreRulesTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
    private static readonly string Longest = new('x', Name.MaxLength);

    private readonly WebApplication _server = MemoryTables.Create(0);
    private readonly Queue _queue = new();
    private TableServiceClient _tables = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync(Cancellation);
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        _tables = new(MemoryTables.ConnectionString(new Uri(_server.Urls.First()).Port), options);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Readings_of_one_instant_that_flap_an_alert_are_one_commit_the_service_takes()
    {
        var readings = Enumerable.Repeat(-50, 2500);
        for (var i = 0; i < 5; i++)
            readings = readings.Concat(Enumerable.Repeat(-120, 25)).Concat(Enumerable.Repeat(-50, 150));
        var letters = new Letters();
        await Process(States(), letters).RunAsync(0, [Event(1, "a", $"[{string.Join(',', readings.Select(r => $$$"""{"link":{"rssi":{{{r}}}}}"""))}]")], Cancellation);
        Assert.Empty(letters.Added);
        Assert.Equal(3375, (await States().FindAsync("a", Cancellation))!.Value.Readings);
        Assert.NotEmpty(_queue.Sent);
    }

    [Fact]
    public async Task A_change_the_service_refuses_is_named_and_the_others_are_stored()
    {
        await using var shard = await States().OpenAsync(0, whole: true, Cancellation);
        DeviceChange[] changes = [.. Enumerable.Range(0, 9).Select(i => new DeviceChange($"d{i}", new() { Readings = i, DueAt = Start }, i == 4 ? [TooLarge("d4")] : []))];
        var refused = await Assert.ThrowsAsync<ChangesRefusedException>(() => shard.TryCommitAsync(changes, Cancellation));
        Assert.Equal([new("d4", "400 PropertyValueTooLarge")], refused.Refused);
        Assert.Equal(8, await States().ListAsync(Cancellation).CountAsync(Cancellation));
        Assert.True(await shard.TryCommitAsync([new("d4", new() { Readings = 4 }, []), new("d5", new() { Readings = 50 }, [])], Cancellation));
    }

    [Fact]
    public async Task A_change_with_more_rows_than_a_transaction_holds_is_refused_and_an_empty_one_is_none()
    {
        await using var shard = await States().OpenAsync(0, whole: true, Cancellation);
        Assert.True(await shard.TryCommitAsync([], Cancellation));
        var steps = Enumerable.Range(0, 120).Select(i => TooLarge("a") with { AlertId = $"a~link.degraded~{i}", Evidence = new Dictionary<string, object>() }).ToArray();
        await Assert.ThrowsAsync<ChangesRefusedException>(() => shard.TryCommitAsync([new("a", new() { Readings = 1 }, steps)], Cancellation));
    }

    [Fact]
    public async Task Large_changes_are_spread_over_transactions_by_their_bytes()
    {
        await using var shard = await States().OpenAsync(0, whole: true, Cancellation);
        DeviceChange[] changes = [.. Enumerable.Range(0, 90).Select(i => new DeviceChange($"d{i}", new() { Readings = i }, [TooLarge($"d{i}") with { Evidence = new Dictionary<string, object> { ["x"] = new string('\u20ac', 30_000) } }]))];
        Assert.True(await shard.TryCommitAsync(changes, Cancellation));
        Assert.Equal(90, await States().ListAsync(Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_group_of_very_many_silent_members_is_stored_and_comes_back()
    {
        var groups = new TableGroupStates(_tables, new OutboxRelay(_queue, NullLogger<OutboxRelay>.Instance));
        var random = new Random(1);
        var state = new GroupOutageState();
        // Names and times that no compression makes smaller.
        var members = Enumerable.Range(0, 9000).Select(i => new MemberChange(
            new string(random.GetItems<char>("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", 32)),
            ConnectivityStatus.Overdue, Start.AddTicks(-random.NextInt64(TimeSpan.TicksPerMinute)), Start.AddTicks(random.NextInt64(TimeSpan.TicksPerHour)), TimeSpan.FromMinutes(1))).ToList();
        var outcome = GroupOutageDetector.Observe(new(), "g", state, members, Start, GroupOutageState.MaxMembers, new());
        var alerts = AlertSteps.Fold([.. outcome.Signals.Select(s => TooLarge("g") with { AlertId = AlertTransition.IdOf("g", s.Kind, s.RaisedAt), Kind = s.Kind, Change = s.Change, Evidence = s.Evidence })]);
        Assert.True(await groups.TryCommitAsync(new("g", state, null), alerts, Cancellation));
        Assert.Equal(state.Write(), Assert.Single(await groups.ListAsync(Cancellation)).State.Write());
        var row = await _tables.GetTableClient(TableNames.Groups).GetEntityAsync<TableEntity>("g", "state", cancellationToken: Cancellation);
        Assert.InRange(row.Value.Sum(column => column.Value is byte[] bytes ? bytes.Length : 0), 500_000, 950_000);
        Assert.Equal(GroupOutageState.MaxMembers, state.Members.Count);
        Assert.Single(_queue.Sent);
    }

    [Fact]
    public void Whatever_comes_in_a_batch_the_service_takes_every_commit_of_it()
    {
        var reading = Gen.OneOf(
            Gen.Int[-200, 20].Select(r => $$$"""{"link":{"rssi":{{{r}}},"gateway":"{{{Longest}}}"}}"""),
            Gen.Int[0, 100].Select(p => $$$"""{"battery":{"percent":{{{p}}},"voltage":{{{p / 25.0:0.0}}}}}"""),
            Gen.Int[0, 300].Select(s => $$"""{"seq":{{s}}}"""));
        var body = Gen.Select(reading, Gen.Int[1, 300]).Select((r, n) => string.Join(',', Enumerable.Repeat(r, n))).Array[1, 12].Select(b => $"[{string.Join(',', b)}]");
        Gen.Select(Gen.Int[0, 120], body, Gen.Int[0, 3]).Array[1, 150].Sample(events =>
        {
            var (letters, run, at) = (new Letters(), Guid.NewGuid().ToString("N"), Start);
            var batch = events.Select((e, i) => Event(i, $"{run}{Longest.AsSpan(0, 90)}{e.Item1}", e.Item2) with { EnqueuedAt = at += TimeSpan.FromSeconds(e.Item3) }).ToArray();
            var states = States();
            Process(states, letters).RunAsync(0, batch, CancellationToken.None).GetAwaiter().GetResult();
            Assert.All(letters.Added, l => Assert.DoesNotContain("cannot be stored", l.Reason, StringComparison.Ordinal));
            foreach (var @event in batch)
                Assert.True(states.FindAsync(@event.DeviceId!, CancellationToken.None).GetAwaiter().GetResult()!.Value.Positions.HasSeen(0, @event.SequenceNumber));
        }, iter: 4, threads: 1);
    }

    private TableDeviceStates States() => new(
        _tables, new OutboxRelay(_queue, NullLogger<OutboxRelay>.Instance), new DamagedStates(new Letters(), NullLogger<DamagedStates>.Instance), Options.Create(new DeviceStateOptions { ShardCount = 1 }));

    private static ApplyTelemetry Process(TableDeviceStates states, Letters letters) => new(
        states, letters, new(new Catalog()), new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), TimeProvider.System));

    private static AlertTransition TooLarge(string deviceId) => new()
    {
        AlertId = AlertTransition.IdOf(deviceId, AlertKind.LinkDegraded, Start),
        Kind = AlertKind.LinkDegraded,
        Change = AlertChange.Opened,
        Severity = Severity.Warning,
        DeviceId = deviceId,
        Summary = "x",
        RaisedAt = Start,
        At = Start,
        Evidence = new Dictionary<string, object> { ["x"] = new string('x', 40_000) },
    };

    private static HubEvent Event(long sequenceNumber, string deviceId, string body) => new()
    {
        SequenceNumber = sequenceNumber,
        EnqueuedAt = Start,
        DeviceId = deviceId,
        Body = Encoding.UTF8.GetBytes(body),
    };

    private sealed class Catalog : IDeviceCatalog
    {
        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) =>
            new(new Device { Id = deviceId, RegisteredAt = Start, Enabled = true, Model = "m", Groups = [.. Enumerable.Range(0, RegistrationRequest.MaxGroups).Select(i => $"{i:D128}")] });

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) =>
            new(new DeviceModel { Name = model, Battery = new(LowPercent: 20, CriticalPercent: 5) });
    }

    private sealed class Queue : IAlertQueue
    {
        public List<AlertTransition> Sent { get; } = [];

        public Task EnqueueAsync(AlertTransition transition, CancellationToken cancellationToken)
        {
            lock (Sent)
                Sent.Add(transition);
            return Task.CompletedTask;
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
