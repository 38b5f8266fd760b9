using System.Text.Json;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What is remembered of one group: who is silent, and the open outage. One table row; at most <see cref="MaxMembers"/> members are kept, and <see cref="MaxIdBytes"/> of their names.</summary>
public sealed class GroupOutageState
{
    /// <summary>Silent members remembered, at most. With the bound below, what is stored stays under 1 MiB once it is gzipped, whatever the names are.</summary>
    public const int MaxMembers = 8000;

    /// <summary>Sum of the lengths of their names.</summary>
    public const int MaxIdBytes = 256 << 10;

    /// <summary>When the open outage was raised; null = none.</summary>
    public DateTimeOffset? RaisedAt { get; internal set; }

    /// <summary>When the first of its members was heard last.</summary>
    public DateTimeOffset? Since { get; internal set; }

    /// <summary>Members named so far by the open outage, those that came back included.</summary>
    public IReadOnlyCollection<string> Members => [.. Attached, .. Returned.Keys];

    /// <summary>Members known to be silent: to be asked how they are whenever the group is judged.</summary>
    public IReadOnlyCollection<string> SilentIds => SilentMembers.Keys;

    /// <summary>Nobody is silent and no alert is open.</summary>
    public bool IsEmpty => RaisedAt is null && DegradedAt is null && RestlessUntil is null && BadSince is null && SilentMembers.Count == 0;

    /// <summary>To be judged although nobody is silent.</summary>
    public bool IsDue(DateTimeOffset now) => RaisedAt is not null || DegradedAt is not null || BadSince is not null || RestlessUntil <= now;

    /// <summary>When the open <c>group.degraded</c> was raised; null = none.</summary>
    public DateTimeOffset? DegradedAt { get; internal set; }

    /// <summary>The least of the usual that got through since then, 0 to 1.</summary>
    internal double? LowestShare { get; set; }

    /// <summary>Until then members that fall silent together again are a site heard badly, not another outage.</summary>
    internal DateTimeOffset? RestlessUntil { get; set; }

    /// <summary>The open outage is of a site that is heard badly: it lasts until the site is heard well again, whoever comes and goes.</summary>
    internal bool IsHeardBadly { get; set; }

    /// <summary>Those of <see cref="Returned"/> that started over.</summary>
    internal HashSet<string> Restarted { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Since when the group is heard so badly that it is told, if it stays so; null = it is not.</summary>
    internal DateTimeOffset? BadSince { get; set; }

    /// <summary>Ten intervals of the members of the open outage.</summary>
    internal TimeSpan Wait { get; set; }

    /// <summary>Silent members whose silence the open outage speaks for.</summary>
    internal HashSet<string> Attached { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Members the open outage spoke for, and when they were seen to be back.</summary>
    internal Dictionary<string, DateTimeOffset> Returned { get; init; } = new(StringComparer.Ordinal);

    internal Dictionary<string, Silent> SilentMembers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What a site that is heard badly explains, in times of ten intervals: just less than the twenty from which on every silence is told.</summary>
    internal const double HeardBadly = 1.9;

    /// <summary>An incident of the group explains the member's silence: its own alert stays quiet.</summary>
    public bool SpeaksFor(string deviceId, DateTimeOffset now) => Attached.Contains(deviceId)
        || ((DegradedAt ?? BadSince) is not null && SilentMembers.TryGetValue(deviceId, out var member) && !member.IsAlone && !member.IsBeyond(HeardBadly, now));

    /// <summary>The group is heard badly, and the member is silent for longer than that explains.</summary>
    public bool IsBeyondBad(string deviceId) => DegradedAt is not null && SilentMembers.TryGetValue(deviceId, out var member) && !member.IsAlone;

    /// <summary>An outage that spoke for the member is over: it has its time to return.</summary>
    public bool IsLeft(string deviceId) => SilentMembers.TryGetValue(deviceId, out var member) && member.IsAlone;

    /// <summary>No further silent member is remembered.</summary>
    internal bool IsFull => SilentMembers.Count >= MaxMembers || IdBytes >= MaxIdBytes;

    internal int IdBytes => SilentMembers.Keys.Sum(id => id.Length);

    /// <summary>Members in use when the outage was raised, those that joined it included.</summary>
    internal int Active { get; set; }

    /// <summary>Reads what <see cref="Write"/> wrote, also what an earlier version wrote; an empty span is a group of which nothing is known.</summary>
    /// <exception cref="JsonException">Not a stored state.</exception>
    public static GroupOutageState Read(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty)
            return new();
        var row = JsonSerializer.Deserialize<Row>(stored) ?? throw new JsonException("A group's state is empty.");
        // Earlier versions left those that came back among the attached, and knew no time before which a silence began.
        return new()
        {
            RaisedAt = row.RaisedAt,
            Since = row.Since,
            Attached = new(row.Attached.Where(row.Silent.ContainsKey), StringComparer.Ordinal),
            Returned = new(row.Returned ?? row.Attached.Where(id => !row.Silent.ContainsKey(id)).ToDictionary(id => id, _ => row.RaisedAt ?? default), StringComparer.Ordinal),
            SilentMembers = new(row.Silent.Select(m => KeyValuePair.Create(m.Key, m.Value.BeganBefore == default ? m.Value with { BeganBefore = m.Value.Since.AddHours(1) } : m.Value)), StringComparer.Ordinal),
            Active = row.Active ?? row.Attached.Length,
            DegradedAt = row.DegradedAt,
            LowestShare = row.LowestShare,
            RestlessUntil = row.RestlessUntil,
            Wait = row.Wait ?? default,
            IsHeardBadly = row.IsHeardBadly,
            Restarted = new(row.Restarted ?? [], StringComparer.Ordinal),
            BadSince = row.BadSince,
        };
    }

    /// <summary>The stored form: JSON with the names of <see cref="Row"/>, a contract that only grows.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(new Row(RaisedAt, Since, [.. Attached], SilentMembers, Returned, Active, DegradedAt, LowestShare, RestlessUntil, Wait == default ? null : Wait, IsHeardBadly, Restarted.Count == 0 ? null : [.. Restarted], BadSince));

    /// <param name="Since">Latest arrival.</param>
    /// <param name="Until">Until then the member counts as active.</param>
    /// <param name="BeganBefore">What silenced it happened between the two.</param>
    /// <param name="IsAlone">An outage that spoke for this silence has ended: it is the device's own now, and no part of another.</param>
    internal readonly record struct Silent(DateTimeOffset Since, DateTimeOffset Until, DateTimeOffset BeganBefore, bool IsAlone = false)
    {
        /// <summary>Silent for so many times ten intervals, or what it takes to be overdue.</summary>
        public bool IsBeyond(double times, DateTimeOffset now) => now - Since >= times * (BeganBefore - Since);
    }

    internal sealed record Row(
        DateTimeOffset? RaisedAt, DateTimeOffset? Since, string[] Attached, Dictionary<string, Silent> Silent, Dictionary<string, DateTimeOffset>? Returned = null, int? Active = null,
        DateTimeOffset? DegradedAt = null, double? LowestShare = null, DateTimeOffset? RestlessUntil = null, TimeSpan? Wait = null,
        bool IsHeardBadly = false, string[]? Restarted = null, DateTimeOffset? BadSince = null);
}
