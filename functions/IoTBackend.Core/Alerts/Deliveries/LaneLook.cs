namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>What one turn sees of a lane. However much waits, one message tells so many rows and bytes; the rest is the next one's.</summary>
/// <param name="Due">What may be told, the oldest alert first.</param>
/// <param name="Urgent">Critical beginnings behind those: they may go ahead alone.</param>
/// <param name="Later">When more may be told; the end of time = nothing waits for a time.</param>
internal sealed record LaneLook(IReadOnlyList<LaneNotice> Due, IReadOnlyList<LaneNotice> Urgent, DateTimeOffset Later)
{
    private const int MaxBytes = 16 << 20;
    private const int MaxUrgent = 20;

    public static async Task<LaneLook> AtAsync(ILaneStore lanes, IQuietHours quiet, string channel, int maxRows, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (due, urgent, later, bytes) = (new List<LaneNotice>(), new List<LaneNotice>(), DateTimeOffset.MaxValue, 0L);
        var hours = new EndedHours(quiet, now);
        await foreach (var notice in lanes.WaitingAsync(channel, upTo: null, cancellationToken))
        {
            if (!await hours.IsDueAsync(notice, now, cancellationToken))
            {
                later = notice.Notice.NotBefore < later ? notice.Notice.NotBefore.Value : later;
                continue;
            }

            due.Add(notice);
            if (due.Count < maxRows && (bytes += notice.SizeBytes) < MaxBytes)
                continue;
            // A critical alert does not wait until what is older than it was told.
            await foreach (var critical in lanes.UrgentAsync(channel, cancellationToken))
            {
                if (string.CompareOrdinal(critical.Position, notice.Position) > 0 && await hours.IsDueAsync(critical, now, cancellationToken))
                    urgent.Add(critical);
                if (urgent.Count == MaxUrgent)
                    break;
            }

            break;
        }

        return new(due, urgent, later);
    }

    /// <summary>What is left of a message that was begun: those that were in it and were not settled or replaced since.</summary>
    public static async Task<LaneLook> AgainAsync(ILaneStore lanes, IQuietHours quiet, string channel, Begun begun, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (hours, due) = (new EndedHours(quiet, now), new List<LaneNotice>());
        if (begun.AlertId is { } only)
        {
            if (await lanes.FindAsync(channel, only, cancellationToken) is { } one)
                await AddAsync(one);
        }
        else
        {
            await foreach (var notice in lanes.WaitingAsync(channel, begun.UpTo, cancellationToken))
                await AddAsync(notice);
        }

        return new(due, [], DateTimeOffset.MaxValue);

        async Task AddAsync(LaneNotice notice)
        {
            if (notice.StoredAt <= begun.StoredUntil && await hours.IsDueAsync(notice, begun.PlannedAt, cancellationToken))
                due.Add(notice);
        }
    }

    /// <summary>Asks once for each of the quiet hours that keep something.</summary>
    private sealed class EndedHours(IQuietHours quiet, DateTimeOffset now)
    {
        private readonly Dictionary<string, bool> _ended = new(StringComparer.Ordinal);

        public async ValueTask<bool> IsDueAsync(LaneNotice notice, DateTimeOffset at, CancellationToken cancellationToken)
        {
            if (notice.Notice.NotBefore is not { } notBefore || notBefore <= at)
                return true;
            if (notice.Notice.HeldBy is not { } by)
                return false;
            if (!_ended.TryGetValue(by, out var ended))
                _ended[by] = ended = (await quiet.EndedAsync([by], now, cancellationToken)).Contains(by);
            return ended;
        }
    }
}
