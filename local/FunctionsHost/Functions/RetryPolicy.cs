using Google.Protobuf.WellKnownTypes;
using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.Functions;

/// <summary>The pauses between the attempts of a failed invocation.</summary>
/// <param name="MaxRetries">-1 = for ever.</param>
/// <param name="Minimum">Before the first retry.</param>
/// <param name="Maximum">Of a pause that has grown.</param>
internal sealed record RetryPolicy(int MaxRetries, TimeSpan Minimum, TimeSpan Maximum)
{
    public static RetryPolicy Of(RpcRetryOptions? options) => options switch
    {
        { RetryStrategy: RpcRetryOptions.Types.RetryStrategy.FixedDelay } => new(options.MaxRetryCount, Span(options.DelayInterval), Span(options.DelayInterval)),
        { } => new(options.MaxRetryCount, Span(options.MinimumInterval), Span(options.MaximumInterval)),
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

    private static TimeSpan Span(Duration? duration) => duration?.ToTimeSpan() ?? TimeSpan.Zero;
}
