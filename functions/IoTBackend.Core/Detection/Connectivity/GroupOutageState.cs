using System.Text.Json;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What is remembered of one group: who is silent, and the open outage. One table row; at most <see cref="MaxMembers"/> members are kept.</summary>
public sealed class GroupOutageState
{
    /// <summary>Bound of the members remembered; with ids of 128 bytes the stored form stays under 64 KiB.</summary>
    public const int MaxMembers = 400;

    /// <summary>When the open outage was raised; null = none.</summary>
    public DateTimeOffset? RaisedAt { get; internal set; }

    /// <summary>When the first of its members was heard last.</summary>
    public DateTimeOffset? Since { get; internal set; }

    /// <summary>Members named so far by the open outage.</summary>
    public IReadOnlyCollection<string> Members => Attached;

    /// <summary>Nobody is silent and no outage is open.</summary>
    public bool IsEmpty => RaisedAt is null && SilentMembers.Count == 0;

    internal HashSet<string> Attached { get; init; } = new(StringComparer.Ordinal);

    internal Dictionary<string, Silent> SilentMembers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Reads what <see cref="Write"/> wrote; an empty span is a group of which nothing is known.</summary>
    /// <exception cref="JsonException">Not a stored state.</exception>
    public static GroupOutageState Read(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty)
            return new();
        var row = JsonSerializer.Deserialize<Row>(stored) ?? throw new JsonException("A group's state is empty.");
        return new()
        {
            RaisedAt = row.RaisedAt,
            Since = row.Since,
            Attached = new(row.Attached, StringComparer.Ordinal),
            SilentMembers = new(row.Silent, StringComparer.Ordinal),
        };
    }

    /// <summary>The stored form: JSON with the names of <see cref="Row"/>, a contract that only grows.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(new Row(RaisedAt, Since, [.. Attached], SilentMembers));

    /// <param name="Since">Latest arrival.</param>
    /// <param name="Until">Until then the member counts as active.</param>
    internal readonly record struct Silent(DateTimeOffset Since, DateTimeOffset Until);

    internal sealed record Row(DateTimeOffset? RaisedAt, DateTimeOffset? Since, string[] Attached, Dictionary<string, Silent> Silent);
}
