using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>The pauses between the attempts of a failed invocation.</summary>
internal sealed record RetryPolicy(int MaxRetries, TimeSpan Minimum, TimeSpan Maximum)
{
    public static RetryPolicy Of(RetryAttribute? attribute) => attribute switch
    {
        FixedDelayRetryAttribute retry => new(retry.MaxRetryCount, retry.Delay, retry.Delay),
        ExponentialBackoffRetryAttribute retry => new(retry.MaxRetryCount, retry.Minimum, retry.Maximum),
        _ => new(0, TimeSpan.Zero, TimeSpan.Zero),
    };

    /// <summary>The pause before the n-th retry, 1 for the first; null when there is none. Doubles from the minimum to the maximum.</summary>
    public TimeSpan? DelayBefore(int retry)
    {
        if (MaxRetries >= 0 && retry > MaxRetries)
            return null;
        var ticks = Minimum.Ticks * Math.Pow(2, Math.Min(retry - 1, 62));
        return ticks >= Maximum.Ticks ? Maximum : TimeSpan.FromTicks((long)ticks);
    }
}
