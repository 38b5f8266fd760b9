using IoTBackend.Core.Changes;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Changes;

public sealed class RecentChangesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly RecentChanges _changes;

    public RecentChangesTests() => _changes = new(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wait_ends_with_the_next_change_of_any_kind()
    {
        var waiting = _changes.ReadAsync(await BeginAsync(_changes), Wait, "a", Cancellation);
        Assert.False(waiting.IsCompleted);
        _changes.Heard(ChangeKinds.Releases, Start);
        Assert.Equal([ChangeKinds.Releases], (await waiting).Changed);
    }

    [Fact]
    public async Task A_wait_ends_by_itself_and_changes_nothing()
    {
        var waiting = _changes.ReadAsync(await BeginAsync(_changes), Wait, "a", Cancellation);
        _time.Advance(Wait);
        Assert.Empty((await waiting).Changed);
    }

    [Fact]
    public async Task A_cursor_of_one_instance_means_the_same_to_another_also_to_one_that_has_heard_less()
    {
        var other = new RecentChanges(_time);
        _changes.Heard(ChangeKinds.Alerts, Start);
        var cursor = Read((await _changes.ReadAsync(null, TimeSpan.Zero, "a", Cancellation)).Cursor);
        Assert.Empty((await other.ReadAsync(cursor, TimeSpan.Zero, "a", Cancellation)).Changed);
        other.Heard(ChangeKinds.Alerts, Start);
        Assert.Empty((await other.ReadAsync(cursor, TimeSpan.Zero, "a", Cancellation)).Changed);
        other.Heard(ChangeKinds.Alerts, Start.AddTicks(1));
        Assert.Equal([ChangeKinds.Alerts], (await other.ReadAsync(cursor, TimeSpan.Zero, "a", Cancellation)).Changed);
    }

    [Fact]
    public async Task A_kind_that_is_heard_of_late_is_not_hidden_by_another_that_changed_after_it()
    {
        _changes.Heard(ChangeKinds.Devices, Start.AddSeconds(1));
        var cursor = await BeginAsync(_changes);
        _changes.Heard(ChangeKinds.Alerts, Start);
        Assert.Equal([ChangeKinds.Alerts], (await _changes.ReadAsync(cursor, TimeSpan.Zero, "a", Cancellation)).Changed);
    }

    [Fact]
    public async Task An_operators_many_pages_wait_in_a_few_places_and_leave_some_to_others()
    {
        var cursor = await BeginAsync(_changes);
        var waiting = Enumerable.Range(0, RecentChanges.MaxWaitingEach).Select(_ => _changes.ReadAsync(cursor, Wait, "a", Cancellation)).ToList();
        Assert.Equal(RecentChanges.Pause, (await _changes.ReadAsync(cursor, Wait, "a", Cancellation)).AskAgainAfter);
        Assert.False(_changes.ReadAsync(cursor, Wait, "b", Cancellation).IsCompleted);
        _changes.Heard(ChangeKinds.Alerts, Start);
        await Task.WhenAll(waiting);
        Assert.False(_changes.ReadAsync(Read((await waiting[0]).Cursor), Wait, "a", Cancellation).IsCompleted);
    }

    private static async Task<IReadOnlyDictionary<string, DateTimeOffset>> BeginAsync(RecentChanges changes) =>
        Read((await changes.ReadAsync(null, TimeSpan.Zero, "a", Cancellation)).Cursor);

    private static IReadOnlyDictionary<string, DateTimeOffset> Read(string cursor) =>
        RecentChanges.TryRead(cursor, out var known) ? known : throw new InvalidOperationException(cursor);
}
