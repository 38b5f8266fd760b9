using System.Globalization;
using NCrontab;

namespace IoTBackend.FunctionsHost.Timers;

/// <summary>When a timer is due, in UTC.</summary>
internal abstract record Schedule
{
    /// <summary>Null when it never is again.</summary>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>Reads a CRON expression of five fields, or six with seconds first, or a TimeSpan.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static Schedule Parse(string text)
    {
        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && text.Contains(':', StringComparison.Ordinal))
            return interval > TimeSpan.Zero ? new Every(interval) : throw new FormatException($"The timer interval '{text}' is not positive.");
        var seconds = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
        return CrontabSchedule.TryParse(text, new() { IncludingSeconds = seconds }) is { } cron
            ? new Cron(cron)
            : throw new FormatException($"'{text}' is neither a CRON expression of five or six fields nor a time span.");
    }

    /// <summary>Whether two runs can be less than a minute apart.</summary>
    public bool IsBelowAMinute(DateTimeOffset from) => Next(from) is { } first && Next(first) is { } second && second - first < TimeSpan.FromMinutes(1);

    private sealed record Every(TimeSpan Interval) : Schedule
    {
        public override DateTimeOffset? Next(DateTimeOffset after) => after + Interval;
    }

    private sealed record Cron(CrontabSchedule Expression) : Schedule
    {
        public override DateTimeOffset? Next(DateTimeOffset after)
        {
            var next = Expression.GetNextOccurrence(after.UtcDateTime);
            return next == DateTime.MaxValue ? null : new(next, TimeSpan.Zero);
        }
    }
}
