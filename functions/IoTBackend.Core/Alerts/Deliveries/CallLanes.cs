using System.Collections.Concurrent;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// Calls for lanes, not oftener than a storm needs: the first call leaves at once, those of the two seconds after it are one.
/// Safe for concurrent use.
/// </summary>
public sealed class CallLanes(ILaneCalls calls, TimeProvider time)
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<LaneCall, Called> _called = new();

    /// <summary>Somebody will look at the lane after this call began.</summary>
    public async Task RunAsync(LaneCall call, CancellationToken cancellationToken)
    {
        var called = _called.GetOrAdd(call, _ => new());
        var now = time.GetUtcNow();
        TimeSpan after;
        lock (called)
        {
            if (now < called.CoveredUntil)
                return;
            after = called.Last + Window - now;
            if (after < TimeSpan.Zero)
                (after, called.Last) = (TimeSpan.Zero, now);
        }

        await calls.EnqueueAsync(call, after, cancellationToken);
        lock (called)
        {
            // What comes before that is seen by the call that is on its way; said only now that it is.
            if (after > TimeSpan.Zero && now + after > called.CoveredUntil)
                (called.CoveredUntil, called.Last) = (now + after, now + after);
        }
    }

    private sealed class Called
    {
        public DateTimeOffset Last { get; set; } = DateTimeOffset.MinValue + Window;

        public DateTimeOffset CoveredUntil { get; set; } = DateTimeOffset.MinValue;
    }
}
