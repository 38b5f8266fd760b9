namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// Keeps a channel that hangs or fails from taking the places of the others: few deliveries at a time go to one channel, the
/// next wait for a moment, and after a failure it rests for longer and longer, with a single trial in between. Safe for concurrent use.
/// </summary>
public sealed class ChannelTraffic(TimeProvider time)
{
    public const int MaxAtOnce = 4;

    /// <summary>The longest rest; a channel that is back waits at most so long.</summary>
    public static readonly TimeSpan MaxRest = TimeSpan.FromMinutes(2);

    /// <summary>How long a delivery waits here for one of the places; the queue counts in whole seconds, and a storm has hundreds of them.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan FullPause = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>Zero = go on, and call <see cref="Leave"/>; else come again after this time.</summary>
    public async ValueTask<TimeSpan> EnterAsync(string channel, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            Task vacancy;
            lock (_lock)
            {
                if (!_lanes.TryGetValue(channel, out var lane))
                    _lanes.Add(channel, lane = new());
                var rest = lane.RestsUntil - time.GetUtcNow();
                if (rest > TimeSpan.Zero)
                    return rest;
                if (lane.Running < (lane.Failures == 0 ? MaxAtOnce : 1))
                {
                    lane.Running++;
                    return TimeSpan.Zero;
                }

                if (lane.Failures > 0)
                    return FullPause;
                vacancy = lane.Vacancy.Task;
            }

            var left = MaxWait - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
                return FullPause;
            await Task.WhenAny(vacancy, Task.Delay(left, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void Leave(string channel, bool delivered)
    {
        TaskCompletionSource vacancy;
        lock (_lock)
        {
            var lane = _lanes[channel];
            lane.Running--;
            lane.Failures = delivered ? 0 : lane.Failures + 1;
            if (!delivered)
                lane.RestsUntil = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(MaxRest.TotalSeconds, Math.Pow(2, Math.Min(lane.Failures, 10))));
            else if (lane.Running == 0)
                _lanes.Remove(channel);
            vacancy = lane.Vacancy;
            lane.Vacancy = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        vacancy.SetResult();
    }

    private sealed class Lane
    {
        public int Running { get; set; }

        /// <summary>In a row.</summary>
        public int Failures { get; set; }

        public DateTimeOffset RestsUntil { get; set; }

        /// <summary>Done when the next delivery ends, well or not.</summary>
        public TaskCompletionSource Vacancy { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
