namespace IoTBackend.Core.Readings.SenMl;

/// <summary>The records of one time.</summary>
/// <param name="time">Null = the time of arrival.</param>
internal sealed class SenMlReading(DateTimeOffset? time)
{
    private const double MaxUpdateTime = 366 * 24 * 3600.0;

    public DateTimeOffset? Time => time;

    public List<Measurement> Measurements { get; } = [];

    /// <summary>Seconds until the next one is due at the latest, the shortest of what its records say.</summary>
    public double? Next { get; private set; }

    /// <summary>Why it is refused; null = it is not.</summary>
    public string? Problem { get; set; }

    public bool Announce(double updateTime)
    {
        if (updateTime is not (>= 0 and <= MaxUpdateTime))
            return false;
        Next = Math.Min(Next ?? updateTime, updateTime);
        return true;
    }
}

/// <summary>One resolved record.</summary>
/// <param name="Name">With the base name.</param>
/// <param name="Local">Without it: what it is called on the device.</param>
internal readonly record struct Measurement(
    string Name, string Local, string? Unit, double? Value, string? Text, bool? Flag, string? Data, double? Sum)
{
    public static ReadOnlySpan<char> LastSegment(ReadOnlySpan<char> name)
    {
        var trimmed = name.TrimEnd(":./");
        return trimmed[(trimmed.LastIndexOfAny(':', '/', '.') + 1)..];
    }
}
