namespace IoTBackend.Core.Detection.Battery;

/// <summary>What one shape says of the days left, how wrong it used to be, and how much it counts.</summary>
internal readonly record struct DischargeVote(double LeftDays, double Error, double Weight)
{
    /// <summary>The middle of the days left, the mean of the logarithm over the half of the votes around the median, and the standard deviation of its logarithm: how far the votes lie from it, and how wrong they used to be.</summary>
    /// <param name="votes">Sorted in place.</param>
    /// <param name="most">Days beyond which a vote is no longer told apart.</param>
    public static (double Days, double Spread) Count(Span<DischargeVote> votes, double most)
    {
        votes.Sort((a, b) => a.LeftDays.CompareTo(b.LeftDays));
        double total = 0, seen = 0, middle = 0;
        foreach (var vote in votes)
            total += vote.Weight;
        foreach (var vote in votes)
        {
            var share = Math.Min(seen + vote.Weight, 0.75 * total) - Math.Max(seen, 0.25 * total);
            if (share > 0)
                middle += share * Math.Log(Math.Clamp(vote.LeftDays, 1e-9, most));
            seen += vote.Weight;
        }
        var center = Math.Exp(middle / (0.5 * total));
        var variance = 0.0;
        foreach (var vote in votes)
        {
            var distance = Math.Log(Math.Clamp(vote.LeftDays, 1e-9, most) / center);
            variance += vote.Weight / total * (distance * distance + vote.Error);
        }
        return (center, Math.Sqrt(variance));
    }
}
