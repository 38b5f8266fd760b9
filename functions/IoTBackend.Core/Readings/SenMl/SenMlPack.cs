using System.Buffers;
using System.Globalization;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>
/// Resolves the records of a pack (RFC 8428 section 4.6) and gathers those of one time into one reading. What is wrong with
/// a record refuses the reading it belongs to; a version or a field that must be understood and is not refuses the pack.
/// </summary>
/// <param name="arrivedAt">What relative times are relative to.</param>
internal sealed class SenMlPack(DateTimeOffset arrivedAt)
{
    /// <summary>RFC 8428 section 4.4.</summary>
    private const long Version = 10;

    /// <summary>Names are repeated per record once resolved: a long base name would multiply.</summary>
    private const int MaxNameLength = 256;

    /// <summary>Leaves room to change the unit of what base value and value add up to.</summary>
    private const double MaxValue = 1e300;

    /// <summary>Smaller times are relative to now, 2^28 s (RFC 8428 section 4.5.3).</summary>
    private const double RelativeBelow = 1 << 28;

    /// <summary>RFC 8428 section 4.5.1.</summary>
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:./_");

    private readonly List<SenMlReading> _readings = [];
    private readonly Dictionary<double, SenMlReading> _byTime = [];
    private SenMlRecord _base;

    /// <summary>Why the pack as a whole was refused.</summary>
    public string? Refusal { get; private set; }

    public bool IsReadable => Refusal is null;

    /// <summary>In the order in which their first records stand.</summary>
    public IReadOnlyList<SenMlReading> Readings => _readings;

    public void Refuse(string reason) => Refusal ??= reason;

    public void Add(in SenMlRecord record)
    {
        if (record.Demanded is { } label)
        {
            Refuse($"The field {(label.Length > 40 ? label[..40] : label)} must be understood and is not.");
            return;
        }

        if (record.BaseVersion is < 1 or > Version)
        {
            Refuse($"Version {record.BaseVersion} of SenML is not known; {Version} is.");
            return;
        }

        _base.BaseName = record.BaseName ?? _base.BaseName;
        _base.BaseTime = record.BaseTime ?? _base.BaseTime;
        _base.BaseUnit = record.BaseUnit ?? _base.BaseUnit;
        _base.BaseValue = record.BaseValue ?? _base.BaseValue;
        _base.BaseSum = record.BaseSum ?? _base.BaseSum;
        if (record is { IsBaseOnly: true, Problem: null })
            return;
        var reading = At((_base.BaseTime ?? 0) + (record.Time ?? 0));
        if (reading is null)
            return;
        if (Take(record, reading) is { } problem)
            reading.Problem ??= problem;
    }

    private string? Take(in SenMlRecord record, SenMlReading reading)
    {
        if (record.Problem is not null)
            return record.Problem;
        var (prefix, local) = (_base.BaseName ?? "", record.Name ?? "");
        if (prefix.Length + local.Length is 0 or > MaxNameLength)
            return $"A record's name must have 1 to {MaxNameLength} characters, base name included.";
        var name = prefix + local;
        if (!char.IsAsciiLetterOrDigit(name[0]) || name.AsSpan().ContainsAnyExcept(NameCharacters))
            return "A record's name has characters other than A-Z a-z 0-9 - : . / _, or does not start with a letter or digit.";
        if (record.Values > 1)
            return $"{name} has more than one value.";
        var sum = record.Sum is null && _base.BaseSum is null ? (double?)null : (record.Sum ?? 0) + (_base.BaseSum ?? 0);
        // A base value stands for a value of 0 where a record has none (RFC 8428 section 4.1).
        var value = record.Value + (_base.BaseValue ?? 0) ?? (record.Values == 0 && record.Sum is null ? _base.BaseValue : null);
        if (value is null && record.Values == 0 && sum is null)
            return $"{name} has no value.";
        if (value is < -MaxValue or > MaxValue || sum is < -MaxValue or > MaxValue)
            return $"The value of {name} is out of range.";
        if (record.UpdateTime is { } update && !reading.Announce(update))
            return "ut must be a number of seconds from 0 to a year.";
        reading.Measurements.Add(new(name, local.Length > 0 ? local : Measurement.LastSegment(name).ToString(), record.Unit ?? _base.BaseUnit, value, record.Text, record.Flag, record.Data, sum));
        return null;
    }

    private SenMlReading? At(double time)
    {
        if (_byTime.TryGetValue(time, out var reading))
            return reading;
        if (_readings.Count > TelemetryParser.MaxReadings)
            return null;
        reading = new(time == 0 ? null : Absolute(time));
        if (time != 0 && reading.Time is null)
            reading.Problem = string.Create(CultureInfo.InvariantCulture, $"The time {time} cannot be one.");
        _readings.Add(reading);
        _byTime.Add(time, reading);
        return reading;
    }

    /// <summary>To the millisecond: below, a double holds no more of today's time than microseconds.</summary>
    private DateTimeOffset? Absolute(double seconds)
    {
        var milliseconds = Math.Round(seconds * 1000) + (seconds < RelativeBelow ? arrivedAt.ToUnixTimeMilliseconds() : 0);
        return milliseconds is > -62_135_596_800_000 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
    }
}
