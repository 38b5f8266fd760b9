using System.Buffers;
using System.Globalization;
using System.Text;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>
/// Resolves the records of a pack (RFC 8428 section 4.6) and gathers those of one time into one reading. What is wrong with
/// a record costs the record; a version or a field that must be understood and is not refuses the pack. What a pack comes to is
/// bounded before any of it is written: its records, and what they take in canonical JSON.
/// </summary>
/// <param name="arrivedAt">What relative times are relative to.</param>
/// <param name="into">Told of records that are ignored.</param>
internal sealed class SenMlPack(DateTimeOffset arrivedAt, ParsedTelemetry into)
{
    /// <summary>Records in one pack: 5,000 readings have four each.</summary>
    public const int MaxRecords = 4 * TelemetryParser.MaxReadings;

    /// <summary>What fits into one event of the hub with its envelope, as what is inflated does.</summary>
    public const int MaxCanonicalBytes = TelemetryBody.MaxInflatedBytes;

    public static readonly string TooLarge = $"The pack's readings take more than {MaxCanonicalBytes} bytes in canonical JSON; send several.";

    /// <summary>RFC 8428 section 4.4.</summary>
    private const long Version = 10;

    /// <summary>Names are repeated per record once resolved: a long base name would multiply.</summary>
    private const int MaxNameLength = Measurement.MaxNameLength;

    /// <summary>Leaves room to change the unit of what base value and value add up to.</summary>
    private const double MaxValue = 1e300;

    /// <summary>Smaller times are relative to now, 2^28 s (RFC 8428 section 4.5.3).</summary>
    private const double RelativeBelow = 1 << 28;

    /// <summary>A number with its name's punctuation in canonical JSON, at most.</summary>
    private const int NumberBytes = 32;

    /// <summary>RFC 8428 section 4.5.1.</summary>
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:./_");

    private readonly int _first = into.Count;
    private readonly List<SenMlReading> _readings = [];

    // A tree and no table of hashes: whoever sends the times could choose them so that they collide.
    private readonly SortedDictionary<double, SenMlReading> _byTime = [];
    private SenMlRecord _base;
    private string _baseLocal = "";
    private long _bytes;

    /// <summary>Why the pack as a whole was refused.</summary>
    public string? Refusal { get; private set; }

    public bool IsReadable => Refusal is null;

    /// <summary>In the order in which their first records stand.</summary>
    public IReadOnlyList<SenMlReading> Readings => _readings;

    public void Refuse(string reason) => Refusal ??= reason;

    public void Add(in SenMlRecord record)
    {
        if (++into.Records > MaxRecords)
            Refuse($"The body holds more than {MaxRecords} SenML records; send several.");
        else if (record.Demanded is { } label)
            Refuse($"The field {(label.Length > 40 ? label[..40] : label)} must be understood and is not.");
        else if (record.BaseVersion is < 1 or > Version)
            Refuse($"Version {record.BaseVersion} of SenML is not known; {Version} is.");
        else
            Resolve(record);
    }

    private void Resolve(in SenMlRecord record)
    {
        if (record.BaseName is not null)
            (_base.BaseName, _baseLocal) = (record.BaseName, Measurement.LastSegment(record.BaseName).ToString());
        _base.BaseTime = record.BaseTime ?? _base.BaseTime;
        _base.BaseUnit = record.BaseUnit ?? _base.BaseUnit;
        _base.BaseValue = record.BaseValue ?? _base.BaseValue;
        _base.BaseSum = record.BaseSum ?? _base.BaseSum;
        if (record is { IsBaseOnly: true, Problem: null })
            return;
        if (At((_base.BaseTime ?? 0) + (record.Time ?? 0)) is not { } reading)
            return;
        if (Take(record, reading) is { } problem)
            into.Ignore(_first + reading.Ordinal, ReadingField.Record, problem, record.Name ?? "record");
        if (_bytes > MaxCanonicalBytes)
            Refuse(TooLarge);
    }

    private string? Take(in SenMlRecord record, SenMlReading reading)
    {
        if (record.Problem is not null)
            return record.Problem;
        var (prefix, local) = (_base.BaseName ?? "", record.Name ?? "");
        if (prefix.Length + local.Length is 0 or > MaxNameLength)
            return $"must have a name of 1 to {MaxNameLength} characters, base name included.";
        if (!char.IsAsciiLetterOrDigit((prefix.Length > 0 ? prefix : local)[0]) || prefix.AsSpan().ContainsAnyExcept(NameCharacters) || local.AsSpan().ContainsAnyExcept(NameCharacters))
            return "has a name with characters other than A-Z a-z 0-9 - : . / _, or that does not start with a letter or digit.";
        if (record.Values > 1)
            return "has more than one value.";
        var sum = record.Sum is null && _base.BaseSum is null ? (double?)null : (record.Sum ?? 0) + (_base.BaseSum ?? 0);
        // A base value stands for a value of 0 where a record has none (RFC 8428 section 4.1).
        var value = record.Value + (_base.BaseValue ?? 0) ?? (record.Values == 0 && record.Sum is null ? _base.BaseValue : null);
        if (value is null && record.Values == 0 && sum is null)
            return "has no value.";
        if (value is < -MaxValue or > MaxValue || sum is < -MaxValue or > MaxValue)
            return "has a value that is out of range.";
        if (record.UpdateTime is { } update && !reading.Announce(update))
            into.Ignore(_first + reading.Ordinal, ReadingField.Next, "ut must be a number of seconds from 0 to a year.");
        var own = local.Length > 0 ? local : _baseLocal;
        _bytes += own.Length + NumberBytes + (sum is null ? 0 : own.Length + NumberBytes)
            + (record.Text is null ? 0 : Encoding.UTF8.GetByteCount(record.Text)) + (record.Data?.Length ?? 0);
        reading.Measurements.Add(new(prefix, own, local.Length > 0, record.Unit ?? _base.BaseUnit, value, record.Text, record.Flag, record.Data, sum));
        return null;
    }

    private SenMlReading? At(double time)
    {
        if (_byTime.TryGetValue(time, out var reading))
            return reading;
        if (_readings.Count >= TelemetryParser.MaxReadings)
        {
            Refuse($"The body holds more than {TelemetryParser.MaxReadings} readings; send several.");
            return null;
        }

        reading = new(_readings.Count, time == 0 ? null : Absolute(time));
        if (time != 0 && reading.Time is null)
            into.Ignore(_first + reading.Ordinal, ReadingField.Time, string.Create(CultureInfo.InvariantCulture, $"cannot be {time} s; the time of arrival is used."));
        _readings.Add(reading);
        _byTime.Add(time, reading);
        _bytes += 2 * NumberBytes;
        return reading;
    }

    /// <summary>To the millisecond: below, a double holds no more of today's time than microseconds.</summary>
    private DateTimeOffset? Absolute(double seconds)
    {
        var milliseconds = Math.Round(seconds * 1000) + (seconds < RelativeBelow ? arrivedAt.ToUnixTimeMilliseconds() : 0);
        return milliseconds is > -62_135_596_800_000 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;
    }
}
