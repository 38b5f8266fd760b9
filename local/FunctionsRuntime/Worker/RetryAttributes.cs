using System.Globalization;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>What happens when an Event Hubs or timer invocation fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class RetryAttribute : Attribute
{
    /// <summary>Further attempts after the first; -1 = for ever.</summary>
    public int MaxRetryCount { get; set; }

    private protected static TimeSpan Interval(string text, string parameter) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && interval >= TimeSpan.Zero
            ? interval
            : throw new ArgumentOutOfRangeException(parameter, "Not a positive TimeSpan.");
}

/// <summary>The same pause, "hh:mm:ss", before every retry.</summary>
public sealed class FixedDelayRetryAttribute : RetryAttribute
{
    public FixedDelayRetryAttribute(int maxRetryCount, string delayInterval)
    {
        Delay = Interval(delayInterval, nameof(delayInterval));
        (MaxRetryCount, DelayInterval) = (maxRetryCount, delayInterval);
    }

    public string DelayInterval { get; }

    internal TimeSpan Delay { get; }
}

/// <summary>A pause that doubles from the minimum to the maximum, both "hh:mm:ss".</summary>
public sealed class ExponentialBackoffRetryAttribute : RetryAttribute
{
    public ExponentialBackoffRetryAttribute(int maxRetryCount, string minimumInterval, string maximumInterval)
    {
        (Minimum, Maximum) = (Interval(minimumInterval, nameof(minimumInterval)), Interval(maximumInterval, nameof(maximumInterval)));
        if (Minimum > Maximum)
            throw new ArgumentException("The minimum is greater than the maximum.", nameof(minimumInterval));
        (MaxRetryCount, MinimumInterval, MaximumInterval) = (maxRetryCount, minimumInterval, maximumInterval);
    }

    public string MinimumInterval { get; }

    public string MaximumInterval { get; }

    internal TimeSpan Minimum { get; }

    internal TimeSpan Maximum { get; }
}
