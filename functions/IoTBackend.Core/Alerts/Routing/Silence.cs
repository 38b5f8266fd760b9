using System.Text.Json.Serialization;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Routing;

/// <summary>Keeps alerts that match from the channels until a time; they are recorded and listed all the same.</summary>
public sealed record Silence
{
    public required string Name { get; init; }

    public required SilenceMatchers Matchers { get; init; }

    /// <summary>What is still open then is told after all.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Why, for the next operator.</summary>
    public string? Comment { get; init; }

    public bool Matches(Alert alert, DateTimeOffset now) => now < Until && Matchers.Match(alert);
}

/// <summary>Each that is given must hold; a list holds if one of its entries does. Without any, nothing matches.</summary>
public sealed record SilenceMatchers
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

/// <summary>What an operator says of a silence.</summary>
public sealed record SilenceRequest
{
    public const int MaxEntries = 200;

    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(366);

    public SilenceMatchers? Matchers { get; init; }

    public DateTimeOffset? Until { get; init; }

    public string? Comment { get; init; }

    /// <summary>The silence, or the first thing that is wrong.</summary>
    public Result<Silence> ToSilence(string name, DateTimeOffset now) =>
        (Name.Check("name", name)
            ?? (Matchers is null or { IsEmpty: true } ? "matchers must name at least one of deviceIds, groups, kinds, maxSeverity." : null)
            ?? (Matchers is { } m && m.DeviceIds.Count + m.Groups.Count + m.Kinds.Count > MaxEntries ? $"matchers may have {MaxEntries} entries at most; use groups." : null)
            ?? (Until is { } until && until > now && until - now <= MaxDuration ? null : "until must be a time ahead, by 366 days at most.")
            ?? (Comment?.Length > 1000 ? "comment may have 1000 characters at most." : null)) is { } wrong
            ? Result<Silence>.Rejected(wrong)
            : new Silence { Name = name, Matchers = Matchers!, Until = Until!.Value.ToUniversalTime(), Comment = Comment };
}
