using System.Buffers;
using System.Globalization;
using System.Text.Json;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Readings;

/// <summary>
/// Reads one reading in the canonical JSON form. Never throws on what a device may send: a reason comes back instead.
/// Unknown fields are skipped, null is the same as absent, the last of two equal names wins.
/// </summary>
internal sealed class ReadingJson
{
    /// <summary>A device's clock may be ahead by this much; beyond, its readings are refused.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(5);

    private const int MaxNameLength = 128;
    private const double MaxNextSeconds = 366 * 24 * 3600.0;

    /// <summary>Older times are a clock that was never set, not data.</summary>
    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    private readonly Utf8Interner _names = new();

    /// <summary>Reads the object on which <paramref name="json"/> stands, up to its end.</summary>
    /// <param name="json">On the start of the value; on its end afterwards, also when it was refused.</param>
    /// <param name="now">Arrival, to tell times that lie ahead.</param>
    /// <param name="reading">The reading, when null is returned.</param>
    /// <returns>Why it was refused; null = accepted.</returns>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public string? Read(ref Utf8JsonReader json, DateTimeOffset now, out Reading reading)
    {
        reading = default;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return "A reading is a JSON object.";
        }

        var result = new Reading();
        string? reason = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var problem = ReadField(ref json, now, ref result);
            reason ??= problem;
        }

        reading = result;
        return reason;
    }

    private string? ReadField(ref Utf8JsonReader json, DateTimeOffset now, ref Reading reading)
    {
        if (json.ValueTextEquals("ts"u8))
        {
            json.Read();
            var reason = ReadTime(ref json, now, out var time);
            reading = reading with { Time = time };
            return reason;
        }

        if (json.ValueTextEquals("seq"u8))
        {
            json.Read();
            if (json.TokenType == JsonTokenType.Null)
                return null;
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var sequence) || sequence < 0)
                return Refuse(ref json, "seq must be a whole number from 0 to 2^63-1.");
            reading = reading with { Sequence = sequence };
            return null;
        }

        if (json.ValueTextEquals("next"u8))
        {
            json.Read();
            var reason = ReadNumber(ref json, "next", 0, MaxNextSeconds, "s", out var seconds);
            reading = reading with { Next = seconds is > 0 ? TimeSpan.FromSeconds(seconds.Value) : null };
            return reason;
        }

        if (json.ValueTextEquals("battery"u8))
            return ReadObject(ref json, "battery", ref reading, BatteryField);
        if (json.ValueTextEquals("link"u8))
            return ReadObject(ref json, "link", ref reading, LinkField);
        if (json.ValueTextEquals("image"u8))
            return ReadObject(ref json, "image", ref reading, ImageField);
        if (json.ValueTextEquals("metrics"u8))
            return ReadObject(ref json, "metrics", ref reading, MetricsField);

        json.Read();
        json.Skip();
        return null;
    }

    private delegate string? Field(ReadingJson self, ref Utf8JsonReader json, ref Reading reading);

    private string? ReadObject(ref Utf8JsonReader json, string name, ref Reading reading, Field field)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
            return null;
        if (json.TokenType != JsonTokenType.StartObject)
            return Refuse(ref json, $"{name} must be an object.");
        string? reason = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var problem = field(this, ref json, ref reading);
            reason ??= problem;
        }

        return reason;
    }

    private static readonly Field BatteryField = static (ReadingJson _, ref Utf8JsonReader json, ref Reading reading) =>
    {
        double? value;
        string? reason;
        if (json.ValueTextEquals("percent"u8))
        {
            json.Read();
            reason = ReadNumber(ref json, "battery.percent", 0, 100, "%", out value);
            reading = reading with { BatteryPercent = value };
            return reason;
        }

        if (json.ValueTextEquals("voltage"u8))
        {
            json.Read();
            reason = ReadNumber(ref json, "battery.voltage", 0, 100, "V", out value);
            reading = reading with { BatteryVoltage = value };
            return reason;
        }

        if (json.ValueTextEquals("charging"u8))
        {
            json.Read();
            switch (json.TokenType)
            {
                case JsonTokenType.True or JsonTokenType.False:
                    reading = reading with { Charging = json.GetBoolean() };
                    return null;
                case JsonTokenType.Null:
                    return null;
                default:
                    return Refuse(ref json, "battery.charging must be true or false.");
            }
        }

        return SkipUnknown(ref json);
    };

    private static readonly Field LinkField = static (ReadingJson self, ref Utf8JsonReader json, ref Reading reading) =>
    {
        double? value;
        string? reason;
        if (json.ValueTextEquals("rssi"u8))
        {
            json.Read();
            reason = ReadNumber(ref json, "link.rssi", -200, 20, "dBm", out value);
            reading = reading with { Rssi = value };
            return reason;
        }

        if (json.ValueTextEquals("snr"u8))
        {
            json.Read();
            reason = ReadNumber(ref json, "link.snr", -100, 100, "dB", out value);
            reading = reading with { Snr = value };
            return reason;
        }

        if (json.ValueTextEquals("gateway"u8))
        {
            json.Read();
            reason = self.ReadName(ref json, "link.gateway", out var gateway);
            reading = reading with { Gateway = gateway };
            return reason;
        }

        return SkipUnknown(ref json);
    };

    private static readonly Field ImageField = static (ReadingJson self, ref Utf8JsonReader json, ref Reading reading) =>
    {
        string? reason;
        if (json.ValueTextEquals("track"u8))
        {
            json.Read();
            reason = self.ReadName(ref json, "image.track", out var track);
            reading = reading with { Track = track };
            return reason;
        }

        if (json.ValueTextEquals("digest"u8))
        {
            json.Read();
            reason = self.ReadName(ref json, "image.digest", out var digest);
            if (reason is null && digest is not null && !IsDigest(digest))
                reason = "image.digest must be sha256: and 64 lower-case hexadecimal digits.";
            reading = reading with { Digest = reason is null ? digest : null };
            return reason;
        }

        return SkipUnknown(ref json);
    };

    private static readonly Field MetricsField = static (ReadingJson _, ref Utf8JsonReader json, ref Reading reading) =>
    {
        var isTemperature = json.ValueTextEquals("temperature"u8);
        json.Read();
        if (json.TokenType == JsonTokenType.Number)
        {
            if (!json.TryGetDouble(out var value) || !double.IsFinite(value))
                return "A metric is not a finite number.";
            if (isTemperature)
                reading = reading with { TemperatureCelsius = value };
            return null;
        }

        if (json.TokenType is JsonTokenType.String or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null)
            return null;
        return Refuse(ref json, "A metric must be a number, a string, true or false.");
    };

    private static string? ReadTime(ref Utf8JsonReader json, DateTimeOffset now, out DateTimeOffset? time)
    {
        time = null;
        if (json.TokenType == JsonTokenType.Null)
            return null;
        if (json.TokenType != JsonTokenType.String || !json.TryGetDateTimeOffset(out var value))
            return Refuse(ref json, "ts must be a time as in RFC 3339, for example 2026-11-23T10:00:00Z.");
        if (RefuseTime("ts", value, now) is { } reason)
            return reason;
        time = value.ToUniversalTime();
        return null;
    }

    /// <summary>Why a device's time cannot be right; null = it may be.</summary>
    public static string? RefuseTime(string name, DateTimeOffset time, DateTimeOffset now)
    {
        if (time > now + MaxAhead)
            return string.Create(CultureInfo.InvariantCulture, $"{name} is ahead of the time of arrival by more than {MaxAhead.TotalMinutes} minutes.");
        return time < Earliest ? $"{name} lies before the year 2000; leave it out where the clock is not set." : null;
    }

    private static string? ReadNumber(ref Utf8JsonReader json, string name, double min, double max, string unit, out double? value)
    {
        value = null;
        if (json.TokenType == JsonTokenType.Null)
            return null;
        if (json.TokenType != JsonTokenType.Number)
            return Refuse(ref json, $"{name} must be a number.");
        if (!json.TryGetDouble(out var number) || !(number >= min && number <= max))
            return string.Create(CultureInfo.InvariantCulture, $"{name} must lie between {min} and {max} {unit}.");
        value = number;
        return null;
    }

    private string? ReadName(ref Utf8JsonReader json, string name, out string? value)
    {
        value = null;
        if (json.TokenType == JsonTokenType.Null)
            return null;
        if (json.TokenType != JsonTokenType.String)
            return Refuse(ref json, $"{name} must be a string.");
        if (json.ValueSpan.Length is 0 or > MaxNameLength)
            return $"{name} must have 1 to {MaxNameLength} characters.";
        if (!json.ValueIsEscaped)
        {
            value = _names.Intern(json.ValueSpan);
            return null;
        }

        try
        {
            value = json.GetString();
            return null;
        }
        catch (InvalidOperationException)
        {
            return $"{name} is not valid Unicode.";
        }
    }

    private static bool IsDigest(string value) =>
        value.Length == 71 && value.StartsWith("sha256:", StringComparison.Ordinal) && !value.AsSpan(7).ContainsAnyExcept(Hexadecimal);

    /// <summary>Leaves the reader on the end of the value it stands on.</summary>
    private static string Refuse(ref Utf8JsonReader json, string reason)
    {
        json.Skip();
        return reason;
    }

    private static string? SkipUnknown(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
        return null;
    }
}
