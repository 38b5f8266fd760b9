using Azure.Data.Tables;
using IoTBackend.Adapters.Releases.Rollout;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Changes;
using IoTBackend.Core.Releases.Rollout;
using Local.Tests;

namespace Adapters.Tests.Releases.Rollout;

public sealed class TableRolloutsTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly Notes _notes = new();
    private readonly string _release = $"sensor-{Guid.NewGuid():n}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_is_stored_with_its_devices_their_due_times_and_the_timeline_or_not_at_all()
    {
        var store = await OpenAsync();
        var begun = await store.TryCommitAsync(New(1).Say("scheduled", "backend", null, Now), null, [], Token) ?? throw new InvalidOperationException();
        await store.PlanAsync(begun.Value, 1, [[Block("00-01-0000", 3), Block("00-02-0000", 120)], [Block("01-01-0000", 1)]], Token);
        var planned = await store.TryCommitAsync(begun.Value with { Plan = 1, State = RolloutState.Running }, begun, [], Token) ?? throw new InvalidOperationException();
        Assert.Empty(await store.DueAsync(planned.Value, Now.AddYears(1), 10, Token));

        var first = Assert.Single(await store.AfterAsync(planned.Value, "", 1, Token));
        var open = first.Select(d => d with { DueAt = Now.AddTicks(1) }) with { IsOpen = true };
        var opened = await store.TryCommitAsync(planned.Value, planned, [new(first, open)], Token) ?? throw new InvalidOperationException();
        // Of a version that was overtaken nothing is stored, the blocks neither.
        Assert.Null(await store.TryCommitAsync(planned.Value, planned, [new(first, first)], Token));
        Assert.Empty(await store.DueAsync(opened.Value, Now, 10, Token));
        Assert.Equal(open.Devices, Assert.Single(await store.DueAsync(opened.Value, Now.AddSeconds(1), 10, Token)).Devices);
        Assert.InRange(await store.NextDueAsync(opened.Value, Token) ?? default, Now, Now.AddMilliseconds(1));

        var later = open.Select(d => d with { DueAt = Now.AddHours(1) });
        var moved = await store.TryCommitAsync(opened.Value, opened, [new(open, later)], Token) ?? throw new InvalidOperationException();
        Assert.Empty(await store.DueAsync(moved.Value, Now.AddSeconds(1), 10, Token));
        Assert.Equal(["00-02-0000", "01-01-0000"], (await store.AfterAsync(moved.Value, "00-01-0000", 10, Token)).Select(b => b.Key));
        Assert.Equal(124, (await store.ListAsync(moved.Value, Token).ToListAsync(Token)).Sum(b => b.Devices.Count));
        Assert.Equal("scheduled", Assert.Single(await store.TimelineAsync(_release, 10, Token)).What);
    }

    [Fact]
    public async Task The_latest_round_counts_and_is_listed_while_somebody_has_to_look_after_it()
    {
        var store = await OpenAsync();
        var first = await store.TryCommitAsync(New(1) with { State = RolloutState.Superseded }, null, [], Token);
        Assert.NotNull(first);
        Assert.DoesNotContain(_release, await store.ActiveAsync(Token));
        var second = await store.TryCommitAsync(New(2), null, [], Token) ?? throw new InvalidOperationException();
        Assert.Equal(2, (await store.FindAsync(_release, Token))?.Value.Round);
        Assert.Contains(_release, await store.ActiveAsync(Token));
        Assert.Null(await store.TryCommitAsync(New(2), null, [], Token));
        await store.TryCommitAsync(second.Value with { State = RolloutState.Cancelled }, second, [], Token);
        Assert.DoesNotContain(_release, await store.ActiveAsync(Token));
    }

    [Fact]
    public async Task Who_looks_on_hears_of_every_step_and_not_of_rests()
    {
        var store = await OpenAsync();
        var begun = await store.TryCommitAsync(New(1).Say("scheduled", "backend", null, Now), null, [], Token) ?? throw new InvalidOperationException();
        Assert.Equal([ChangeKinds.Releases], _notes.Kinds);
        await store.TryCommitAsync(begun.Value with { DueAt = Now.AddHours(1) }, begun, [], Token);
        Assert.Single(_notes.Kinds);
        await store.TrySaveAsync(new DeviceHolds { Track = _release }, null, Token);
        Assert.Equal(2, _notes.Kinds.Count);
    }

    private sealed class Notes : IChangeNotes
    {
        public List<string> Kinds { get; } = [];

        public Task NoteAsync(string kind, CancellationToken cancellationToken)
        {
            Kinds.Add(kind);
            return Task.CompletedTask;
        }
    }

    private StagedRollout New(int round) => new() { Release = _release, Track = "sensor", Round = round, Epoch = round, Rules = new(), CreatedAt = Now };

    private static RolloutBlock Block(string key, int devices) =>
        new(key, 1, [.. Enumerable.Range(0, devices).Select(i => new RolloutDevice { Id = $"device-{key}-{i}", Reason = new string('x', 500), DueAt = Now })]);

    private async Task<TableRollouts> OpenAsync()
    {
        var tables = new TableServiceClient(storage.ConnectionString);
        await tables.CreateTableIfNotExistsAsync(TableNames.Rollouts, Token);
        return new(tables, _notes);
    }
}
