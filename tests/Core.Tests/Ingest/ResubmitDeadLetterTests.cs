using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;

namespace Core.Tests.Ingest;

public sealed class ResubmitDeadLetterTests : IDeadLetterBox, ITelemetryLog
{
    private static readonly DateTimeOffset First = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, StoredLetter> _letters = [];
    private readonly List<TelemetryMessage> _log = [];
    private bool _isDown;
    private int _room = int.MaxValue;

    [Fact]
    public async Task A_letter_goes_to_the_hub_again_dated_as_it_first_came_and_is_removed()
    {
        Add(new("1", First, "a", "Device a is not registered.", "application/x-ndjson", null, null, false, "{}"u8.ToArray()));
        Assert.NotNull((await RunAsync("1")).Value);
        var message = Assert.Single(_log);
        Assert.Equal(("a", TelemetryFormat.NdJson, First.ToString("O")), (message.DeviceId, message.Format, message.Event!.Time));
        Assert.Null(message.Event.Problem);
        Assert.Empty(_letters);
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("a", "image/png")]
    public async Task What_would_be_refused_again_is_kept(string? deviceId, string contentType)
    {
        Add(new("1", First, deviceId, "", contentType, null, null, false, "{}"u8.ToArray()));
        Assert.True((await RunAsync("1")).IsRejected);
        Assert.Single(_letters);
    }

    [Fact]
    public async Task What_was_stored_in_part_is_not_stored_twice()
    {
        Add(new("1", First, "a", "Reading 1: seq", null, null, null, OthersStored: true, "[{},{\"seq\":-1}]"u8.ToArray()));
        Assert.True((await RunAsync("1")).IsRejected);
        Assert.Empty(_log);
    }

    [Fact]
    public async Task A_letter_the_hub_did_not_take_is_kept()
    {
        Add(new("1", First, "a", "", null, null, null, false, "{}"u8.ToArray()));
        _isDown = true;
        await Assert.ThrowsAsync<UnavailableException>(() => RunAsync("1"));
        Assert.Single(_letters);
    }

    [Fact]
    public async Task All_of_a_reason_go_again_some_at_a_time_and_what_would_be_counted_twice_stays()
    {
        for (var i = 9; i > 0; i--)
            Add(new($"{i}", First, "a", i == 1 ? "Reading 0: seq" : "Device a is disabled.", null, null, null, OthersStored: i == 5, "{}"u8.ToArray()));
        var resubmit = new ResubmitDeadLetter(this, this);
        var first = await resubmit.RunAsync("is disabled", 6, null, TestContext.Current.CancellationToken);
        Assert.Equal((5, 1, "4"), (first.Sent, first.Kept, first.Continuation));
        Assert.Contains("counted twice", first.Why, StringComparison.Ordinal);
        Assert.Equal(new(2, 0, null, null), await resubmit.RunAsync("is disabled", 6, first.Continuation, TestContext.Current.CancellationToken));
        Assert.Equal(["1", "5"], _letters.Keys.Order());
    }

    [Fact]
    public async Task Of_many_those_that_the_hub_took_are_removed_and_the_others_are_kept()
    {
        for (var i = 1; i < 5; i++)
            Add(new($"{i}", First, "a", "Device a is disabled.", null, null, null, false, "{}"u8.ToArray()));
        _room = 2;
        await Assert.ThrowsAsync<UnavailableException>(() => new ResubmitDeadLetter(this, this).RunAsync("is disabled", 6, null, TestContext.Current.CancellationToken));
        Assert.Equal((2, 2), (_log.Count, _letters.Count));
    }

    [Fact]
    public async Task There_is_no_letter_nobody_wrote()
    {
        var result = await RunAsync("1");
        Assert.Equal((null, null), (result.Value, result.Reason));
    }

    Task<DeadLetterPage> IDeadLetterBox.ListAsync(int top, string? continuation, string? reason, CancellationToken cancellationToken)
    {
        var found = _letters.Values.Where(l => l.Reason.Contains(reason!, StringComparison.Ordinal) && (continuation is null || string.CompareOrdinal(l.Id, continuation) < 0))
            .OrderByDescending(l => l.Id, StringComparer.Ordinal).ToList();
        return Task.FromResult(new DeadLetterPage([.. found.Take(top)], found.Count > top ? found[top - 1].Id : null));
    }

    Task<StoredLetter?> IDeadLetterBox.FindAsync(string id, CancellationToken cancellationToken) => Task.FromResult(_letters.GetValueOrDefault(id));

    Task<IReadOnlyList<StoredLetter>> IDeadLetterBox.FindAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredLetter>>([.. ids.Select(id => _letters[id])]);

    Task IDeadLetterBox.RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        foreach (var id in ids)
            _letters.Remove(id);
        return Task.CompletedTask;
    }

    Task<int> IDeadLetterBox.CountAsync(CancellationToken cancellationToken) => Task.FromResult(_letters.Count);

    Task ITelemetryLog.OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    ValueTask ITelemetryLog.AppendAsync(TelemetryMessage message, CancellationToken cancellationToken)
    {
        if (_isDown || _log.Count == _room)
            throw new UnavailableException("event hub");
        _log.Add(message);
        return default;
    }

    private void Add(StoredLetter letter) => _letters.Add(letter.Id, letter);

    private Task<Result<StoredLetter?>> RunAsync(string id) => new ResubmitDeadLetter(this, this).RunAsync(id, TestContext.Current.CancellationToken);
}
