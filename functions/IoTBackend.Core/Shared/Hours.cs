using System.Globalization;

namespace IoTBackend.Core.Shared;

/// <summary>Certain hours of certain days, on the clocks of one place. Hours that end before they begin end on the day after.</summary>
public sealed record Hours
{
    private static readonly string[] Names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary><c>mon</c> to <c>sun</c>, the days on which they begin; empty = every day.</summary>
    public IReadOnlyList<string> Days { get; init; } = [];

    /// <summary><c>HH:mm</c>.</summary>
    public string From { get; init; } = "";

    /// <summary><c>HH:mm</c>; equal to <see cref="From"/> = a whole day.</summary>
    public string To { get; init; } = "";

    /// <summary>IANA name, for example Europe/Berlin; default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The first thing that is wrong; null = nothing.</summary>
    public string? Check(string member) =>
        Days.FirstOrDefault(d => !Names.Contains(d)) is { } day ? $"{member}.days holds '{day}'; days are {string.Join(", ", Names[1..])}, sun."
        : Parse(From) is null ? $"{member}.from must be a time of day like 22:00."
        : Parse(To) is null ? $"{member}.to must be a time of day like 06:30."
        : TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _) ? null : $"{member}.timeZone must be an IANA name like Europe/Berlin.";

    public bool Contains(DateTimeOffset time) => EndAfter(time) is not null;

    /// <summary>The end of the hours that a time lies in; null = it lies in none.</summary>
    public DateTimeOffset? EndAfter(DateTimeOffset time)
    {
        if (Parse(From) is not { } from || Parse(To) is not { } to || !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone))
            return null;
        var local = TimeZoneInfo.ConvertTime(time, zone);
        foreach (var day in new[] { local.Date.AddDays(-1), local.Date })
        {
            if (Days.Count > 0 && !Days.Contains(Names[(int)day.DayOfWeek]))
                continue;
            var (begin, end) = (At(day + from.ToTimeSpan(), zone), At((to > from ? day : day.AddDays(1)) + to.ToTimeSpan(), zone));
            if (begin <= time && time < end)
                return end;
        }

        return null;
    }

    /// <summary>When the hours next begin, at or after a time that lies in none; null = never.</summary>
    public DateTimeOffset? NextBegin(DateTimeOffset time)
    {
        if (Parse(From) is not { } from || !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone))
            return null;
        var today = TimeZoneInfo.ConvertTime(time, zone).Date;
        // Eight days hold every day of the week once and today twice.
        return Enumerable.Range(0, 8).Select(n => today.AddDays(n))
            .Where(day => Days.Count == 0 || Days.Contains(Names[(int)day.DayOfWeek]))
            .Select(day => (DateTimeOffset?)At(day + from.ToTimeSpan(), zone))
            .FirstOrDefault(begin => begin >= time);
    }

    /// <summary>A time the clocks skip is an hour later; one they show twice is the first of both.</summary>
    private static DateTimeOffset At(DateTime local, TimeZoneInfo zone)
    {
        var shown = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        var offset = zone.IsAmbiguousTime(shown) ? zone.GetAmbiguousTimeOffsets(shown).Max() : zone.GetUtcOffset(shown);
        return new DateTimeOffset(shown, offset).ToUniversalTime();
    }

    private static TimeOnly? Parse(string text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}
