using System.Text.Json.Serialization;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>Where alerts go. What each kind of channel needs beside this is its own record; on the wire and in the store <c>type</c> tells them apart.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(WebhookChannel), "webhook")]
[JsonDerivedType(typeof(AlertmanagerChannel), "alertmanager")]
[JsonDerivedType(typeof(SlackChannel), "slack")]
[JsonDerivedType(typeof(TeamsChannel), "teams")]
[JsonDerivedType(typeof(PagerDutyChannel), "pagerduty")]
[JsonDerivedType(typeof(NtfyChannel), "ntfy")]
[JsonDerivedType(typeof(EmailChannel), "email")]
public abstract record Channel
{
    public string Name { get; init; } = "";

    /// <summary>The one thing nobody else may know; sealed in the store, never shown again, never logged. What it is, each kind says.</summary>
    public string? Secret { get; init; }

    /// <summary>Less does not go there; default information, that is everything.</summary>
    public Severity MinSeverity { get; init; }

    /// <summary>Empty = all.</summary>
    public IReadOnlyList<AlertKind> Kinds { get; init; } = [];

    /// <summary>Only alerts of one of these groups; empty = all.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The value of <c>type</c>.</summary>
    [JsonIgnore]
    public string TypeName => ChannelTypes.NameOf(GetType());

    /// <summary>The worst it was counts, so that whoever heard of the beginning hears of the end.</summary>
    public bool Wants(Alert alert) =>
        alert.WorstSeverity >= MinSeverity
        && (Kinds.Count == 0 || Kinds.Contains(alert.Kind))
        && (Groups.Count == 0 || Groups.Any(g => g == alert.Group || alert.Groups.Contains(g)));

    /// <summary>The first thing that is wrong with the settings of this kind; null = nothing.</summary>
    public abstract string? Check();
}

/// <summary>The kinds of channels by the names of the wire.</summary>
public static class ChannelTypes
{
    private static readonly Dictionary<string, Type> Types = typeof(Channel).GetCustomAttributes(typeof(JsonDerivedTypeAttribute), inherit: false)
        .Cast<JsonDerivedTypeAttribute>().ToDictionary(a => (string)a.TypeDiscriminator!, a => a.DerivedType, StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<string> Names => Types.Keys;

    /// <summary>Null = there is no such kind.</summary>
    public static Type? Find(string? name) => name is null ? null : Types.GetValueOrDefault(name);

    public static string NameOf(Type type) => Types.First(t => t.Value == type).Key;
}
