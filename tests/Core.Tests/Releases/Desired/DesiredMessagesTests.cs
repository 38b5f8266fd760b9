using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Desired;

public sealed class DesiredMessagesTests : IMessageDeliveries
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _time = new(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryStores _stores = new();
    private readonly DesiredVersions _versions;
    private readonly DesiredMessages _messages;
    private Versioned<MessageDelivery>? _row;
    private bool _dies;
    private int _reads;

    public DesiredMessagesTests()
    {
        _versions = new(_time);
        _messages = Process();
    }

    [Fact]
    public async Task A_change_is_given_until_it_is_settled_and_not_again()
    {
        Desire(1);
        var message = await ReceiveAsync();
        Assert.Equal((1, 1), (message!.State.Version, message.Count));
        Assert.True(await _messages.SettleAsync("d", message.Token, None));
        Assert.Null(await ReceiveAsync());
        Desire(2);
        Assert.Equal(2, (await ReceiveAsync())?.State.Version);
    }

    [Fact]
    public async Task What_is_locked_is_given_again_when_the_lock_ends_or_is_given_back()
    {
        Desire(1);
        var first = await ReceiveAsync();
        Assert.Null(await ReceiveAsync());
        _time.Advance(DesiredMessages.LockDuration);
        var second = await ReceiveAsync();
        Assert.True(await _messages.AbandonAsync("d", second!.Token, None));
        Assert.Equal(3, (await ReceiveAsync())?.Count);
        Assert.False(await _messages.SettleAsync("d", first!.Token, None));
        Assert.False(await _messages.AbandonAsync("d", second.Token, None));
    }

    [Fact]
    public async Task Settling_again_is_no_error_as_the_first_answer_may_have_been_lost()
    {
        Desire(1);
        var message = await ReceiveAsync();
        Assert.True(await _messages.SettleAsync("d", message!.Token, None));
        Assert.True(await Process().SettleAsync("d", message.Token, None));
    }

    [Fact]
    public async Task Of_changes_that_came_while_one_was_locked_the_newest_is_given_then()
    {
        Desire(1);
        var message = await ReceiveAsync();
        Desire(2);
        Desire(3);
        Assert.True(await _messages.SettleAsync("d", message!.Token, None));
        Assert.Equal(3, (await ReceiveAsync())?.State.Version);
    }

    [Fact]
    public async Task A_process_that_dies_before_it_answers_loses_no_change()
    {
        Desire(1);
        _dies = true;
        await Assert.ThrowsAsync<ProcessDied>(ReceiveAsync);
        _dies = false;
        Assert.Null(await Process().ReceiveAsync("d", None));
        _time.Advance(DesiredMessages.LockDuration);
        Assert.Equal((1, 2), (await Process().ReceiveAsync("d", None)) is { } again ? (again.State.Version, again.Count) : default);
    }

    [Fact]
    public async Task Asking_reads_no_store_while_there_is_nothing_new()
    {
        Assert.Null(await ReceiveAsync());
        Assert.Equal(0, _reads);
        Desire(1);
        await _messages.SettleAsync("d", (await ReceiveAsync())!.Token, None);
        await ReceiveAsync();
        var reads = _reads;
        for (var i = 0; i < 100; i++)
            Assert.Null(await ReceiveAsync());
        Assert.Equal(reads, _reads);
    }

    Task<Versioned<MessageDelivery>?> IMessageDeliveries.FindAsync(string deviceId, CancellationToken cancellationToken)
    {
        _reads++;
        return Task.FromResult(_row);
    }

    Task<bool> IMessageDeliveries.TrySaveAsync(string deviceId, MessageDelivery delivery, string? version, CancellationToken cancellationToken)
    {
        if (version != _row?.Version)
            return Task.FromResult(false);
        _row = new(delivery, $"{Guid.NewGuid()}");
        return _dies ? throw new ProcessDied() : Task.FromResult(true);
    }

    private DesiredMessages Process() => new(_versions, _stores, new(_stores), this, _time);

    private Task<DesiredMessage?> ReceiveAsync() => _messages.ReceiveAsync("d", None);

    private void Desire(int version)
    {
        _stores.Desired["d"] = new(version, [new("sensor", $"r/a@sha256:{version}", "1", "sensor-1", "sha256:1", 2)]);
        _versions.Set("d", version);
    }
}
