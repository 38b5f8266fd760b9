using System.Text.Json.Serialization;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>
/// Keeps alerts that match from the channels: until a time, and what still stands then is told after all; or at certain hours,
/// and what happened in them is told in one message when they end. Alerts are recorded and listed all the same.
/// </summary>
public sealed record Mute
{
    public required string Name { get; init; }

    public required MuteMatchers Matchers { get; init; }

    /// <summary>The end; null = none, for hours only.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Quiet hours; null = all the time.</summary>
    public Hours? Hours { get; init; }

    /// <summary>Critical alerts too; default false: they get through.</summary>
    public bool IncludeCritical { get; init; }

    /// <summary>Why, for the next operator.</summary>
    public string? Reason { get; init; }

    /// <summary>Who set it.</summary>
    public string? Author { get; init; }

    /// <summary>What <see cref="Reason"/> was called in version 0.1.</summary>
    public string? Comment
    {
        get => Reason;
        init => Reason ??= value;
    }

    public bool IsActive(DateTimeOffset now) => !(Until <= now) && (Hours is null || Hours.Contains(now));

    public bool Matches(Alert alert, DateTimeOffset now) =>
        IsActive(now) && (IncludeCritical || alert.WorstSeverity < Severity.Critical) && Matchers.Match(alert);

    /// <summary>When what happens now is told, for quiet hours.</summary>
    public DateTimeOffset EndsAt(DateTimeOffset now) =>
        Hours?.EndAfter(now) is { } end && !(Until < end) ? end : Until ?? now;
}

/// <summary>Each that is given must hold; a list holds if one of its entries does. Without any, nothing matches.</summary>
public sealed record MuteMatchers
{
    public IReadOnlyList<string> DeviceIds { get; init; } = [];

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyList<AlertKind> Kinds { get; init; } = [];

    /// <summary>Alerts that were never worse than this.</summary>
    public Severity? MaxSeverity { get; init; }

    [JsonIgnore]
    public bool IsEmpty => DeviceIds.Count == 0 && Groups.Count == 0 && Kinds.Count == 0 && MaxSeverity is null;

    public bool Match(Alert alert) =>
        !IsEmpty
        && (DeviceIds.Count == 0 || (alert.DeviceId is { } id && DeviceIds.Contains(id)))
        && (Groups.Count == 0 || Groups.Any(g => g == alert.Group || alert.Groups.Contains(g)))
        && (Kinds.Count == 0 || Kinds.Contains(alert.Kind))
        && (MaxSeverity is null || alert.WorstSeverity <= MaxSeverity);
}

/// <summary>What an operator says of a mute.</summary>
public sealed record MuteRequest
{
    public const int MaxEntries = 200;

    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(366);

    public MuteMatchers? Matchers { get; init; }

    public DateTimeOffset? Until { get; init; }

    public Hours? Hours { get; init; }

    public bool IncludeCritical { get; init; }

    public string? Reason { get; init; }

    public string? Author { get; init; }

    /// <summary>What <see cref="Reason"/> was called in version 0.1.</summary>
    public string? Comment { get; init; }

    /// <summary>The mute, or the first thing that is wrong.</summary>
    public Result<Mute> ToMute(string name, DateTimeOffset now) =>
        (Shared.Name.Check("name", name)
            ?? (Matchers is null or { IsEmpty: true } ? "matchers must name at least one of deviceIds, groups, kinds, maxSeverity." : null)
            ?? (Matchers is { } m && m.DeviceIds.Count + m.Groups.Count + m.Kinds.Count > MaxEntries ? $"matchers may have {MaxEntries} entries at most; use groups." : null)
            ?? (Until is { } until ? until > now && until - now <= MaxDuration ? null : "until must be a time ahead, by 366 days at most."
                : Hours is null ? "until must be a time ahead, by 366 days at most; only hours may go without." : null)
            ?? Hours?.Check("hours")
            ?? ((Reason ?? Comment)?.Length > 1000 ? "reason may have 1000 characters at most." : null)
            ?? (Author?.Length > 200 ? "author may have 200 characters at most." : null)) is { } wrong
            ? Result<Mute>.Rejected(wrong)
            : new Mute
            {
                Name = name,
                Matchers = Matchers!,
                Until = Until?.ToUniversalTime(),
                Hours = Hours,
                IncludeCritical = IncludeCritical,
                Reason = Reason ?? Comment,
                Author = Author,
            };
}

public interface IMuteStore
{
    Task<Mute?> FindAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<Mute>> ListAsync(CancellationToken cancellationToken);

    Task SaveAsync(Mute mute, CancellationToken cancellationToken);

    /// <summary>False = there was none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);
}
