namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>When a failed delivery is tried again: pauses grow from seconds to hours, and after a day it is given up.</summary>
public static class DeliverySchedule
{
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4),
    ];

    /// <summary>The pause before the next attempt; null = give up.</summary>
    /// <param name="attempts">Attempts that failed, 1 or more.</param>
    /// <param name="age">Time since the first attempt was due.</param>
    /// <param name="retryAfter">What the receiver asked for; null = nothing.</param>
    /// <param name="random">0..1; a fifth of the pause is drawn, so that what failed together is not tried together.</param>
    public static TimeSpan? PauseAfter(int attempts, TimeSpan age, TimeSpan? retryAfter, double random)
    {
        var left = GiveUpAfter - age;
        if (left <= TimeSpan.Zero)
            return null;
        var pause = Pauses[Math.Clamp(attempts - 1, 0, Pauses.Length - 1)] * (0.9 + (0.2 * random));
        if (retryAfter > pause)
            pause = retryAfter.Value;
        // The last attempt is made when the day is over, not skipped because it would come after it.
        return pause < left ? pause : left;
    }
}
