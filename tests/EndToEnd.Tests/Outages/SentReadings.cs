namespace EndToEnd.Tests.Outages;

/// <summary>
/// What one device sent: the counters are random, so the stored number and sum of readings tell which requests were taken in,
/// and that none was twice. A request that was not answered may have been taken all the same.
/// </summary>
internal sealed class SentReadings(int seed)
{
    /// <summary>More, and it would take too long to try which of them were taken.</summary>
    public const int MaxUncertain = 14;

    private readonly Random random = new(seed);
    private readonly List<long> uncertain = [];
    private long readings;
    private long sum;

    public bool IsFull => uncertain.Count >= MaxUncertain;

    public int Uncertain => uncertain.Count;

    public long Accepted => readings;

    /// <summary>Counters of the next request.</summary>
    public long[] Next(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextInt64(1L << 40))];

    public void Add(long[] counters, bool isAccepted)
    {
        if (isAccepted)
            (readings, sum) = (readings + counters.Length, sum + counters.Sum());
        else
            uncertain.Add(counters.Sum());
    }

    /// <summary>Everything accepted, and of the rest each request once or not at all.</summary>
    public bool Explains((long Readings, long Sum) stored, int perRequest)
    {
        var missing = (stored.Readings - readings, stored.Sum - sum);
        return Enumerable.Range(0, 1 << uncertain.Count).Any(chosen =>
        {
            var (count, total) = (0L, 0L);
            for (var i = 0; i < uncertain.Count; i++)
            {
                if ((chosen & 1 << i) != 0)
                    (count, total) = (count + perRequest, total + uncertain[i]);
            }

            return missing == (count, total);
        });
    }

    public override string ToString() => $"{readings} readings accepted with the sum {sum}, {uncertain.Count} requests without an answer";
}
