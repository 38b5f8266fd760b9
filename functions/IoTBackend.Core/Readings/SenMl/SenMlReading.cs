namespace IoTBackend.Core.Readings.SenMl;

/// <summary>The records of one time.</summary>
/// <param name="ordinal">Its place in the pack, from 0.</param>
/// <param name="time">Null = the time of arrival.</param>
internal sealed class SenMlReading(int ordinal, DateTimeOffset? time)
{
    private const double MaxUpdateTime = 366 * 24 * 3600.0;

    public int Ordinal => ordinal;

    public DateTimeOffset? Time => time;

    public List<Measurement> Measurements { get; } = [];

    /// <summary>Seconds until the next one is due at the latest, the shortest of what its records say.</summary>
    public double? Next { get; private set; }

    public bool Announce(double updateTime)
    {
        if (updateTime is not (>= 0 and <= MaxUpdateTime))
            return false;
        Next = Math.Min(Next ?? updateTime, updateTime);
        return true;
    }
}

/// <summary>One resolved record. Its whole name, base name first, is only ever put together for a look at it: thousands may share a long base name.</summary>
/// <param name="Prefix">The base name.</param>
/// <param name="Local">Without it: what it is called on the device.</param>
/// <param name="HasName">False = the base name is the whole name.</param>
internal readonly record struct Measurement(
    string Prefix, string Local, bool HasName, string? Unit, double? Value, string? Text, bool? Flag, string? Data, double? Sum)
{
    /// <summary>Characters in a name, base name included.</summary>
    public const int MaxNameLength = 256;

    /// <param name="scratch">Room for <see cref="MaxNameLength"/>.</param>
    public ReadOnlySpan<char> Name(Span<char> scratch)
    {
        if (!HasName)
            return Prefix;
        Prefix.CopyTo(scratch);
        Local.CopyTo(scratch[Prefix.Length..]);
        return scratch[..(Prefix.Length + Local.Length)];
    }

    public static ReadOnlySpan<char> LastSegment(ReadOnlySpan<char> name)
    {
        var trimmed = name.TrimEnd(":./");
        return trimmed[(trimmed.LastIndexOfAny(':', '/', '.') + 1)..];
    }
}
