namespace IoTBackend.Core.Detection.Battery;

/// <summary>Drain of devices of the same model on the same image.</summary>
/// <param name="Count">Devices in it.</param>
/// <param name="Median">Median drain per day.</param>
/// <param name="Spread">Median absolute deviation from it, per day.</param>
/// <param name="Seconds">Median time between their readings; 0 = not known. Who reports more often may drain as many times as fast.</param>
public readonly record struct PeerDrain(int Count, double Median, double Spread, double Seconds = 0)
{
    /// <summary>Fewer peers than this say nothing.</summary>
    public const int FewestPeers = 5;

    /// <summary>Takes the peers' drains, all in one unit, sorted or not, and how far their readings are apart; the arrays are reordered.</summary>
    public static PeerDrain Of(Span<double> perDay, Span<double> seconds = default)
    {
        if (perDay.IsEmpty)
            return default;
        var median = MedianOf(perDay);
        foreach (ref var drain in perDay)
            drain = Math.Abs(drain - median);
        return new(perDay.Length, median, MedianOf(perDay), seconds.IsEmpty ? 0 : MedianOf(seconds));
    }

    /// <summary>
    /// The device drains faster than its peers do: by the factor, and by more than four robust standard deviations of the
    /// peers and of its own estimate together (1.4826 makes a median absolute deviation one of a normal distribution).
    /// </summary>
    /// <param name="perDay">The device's drain.</param>
    /// <param name="uncertainty">Its standard error.</param>
    /// <param name="factor">At least so many times the peers' median, over 1.</param>
    public bool IsExceededBy(double perDay, double uncertainty, double factor) =>
        Count >= FewestPeers && perDay >= factor * Math.Max(Median, 0)
        && perDay - Median > 4 * Math.Sqrt(Math.Pow(1.4826 * Spread, 2) + uncertainty * uncertainty) && perDay > 0;

    private static double MedianOf(Span<double> values)
    {
        values.Sort();
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
