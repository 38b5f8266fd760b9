using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Readings;

/// <summary>
/// Reads one reading in the canonical JSON form. Never throws on what a device may send. A field that cannot be used costs
/// the field, not the reading: whoever sends an object is alive. Unknown fields are skipped, null is the same as absent, the last of
/// two equal names wins.
/// </summary>
internal sealed class ReadingJson
{
    /// <summary>A device's clock may be ahead by this much; beyond, it is measured and the time of arrival is used.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(5);

    private const int MaxNameLength = 128;
    private const double MaxNextSeconds = 366 * 24 * 3600.0;

    /// <summary>Meshtastic: above 100 means powered (protobufs, telemetry.proto, battery_level), and 101 is what its firmware says.</summary>
    private const double PoweredPercent = 101;

    /// <summary>
    /// Bluetooth Mesh: 0xFF, the level is unknown (Mesh Model 1.1, section 3.1.5.1). LoRaWAN: 255, it could not be measured (1.0.4,
    /// DevStatusAns). ChirpStack: -1, not available (api, DeviceStatus.battery_level).
    /// </summary>
    private static bool IsUnknownPercent(double percent) => percent is 255 or -1;

    /// <summary>Bluetooth Core 5.4, volume 4, part E, 7.7.65.2: RSSI is not available.</summary>
    private const double UnknownRssi = 127;

    /// <summary>Older times are a clock that was never set, not data.</summary>
    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    private readonly Utf8Interner _names = new();
    private ParsedTelemetry _into = new();

    /// <summary>Reads the object on which <paramref name="json"/> stands, up to its end.</summary>
    /// <param name="json">On the start of the value; on its end afterwards, also when it was refused.</param>
    /// <param name="now">Arrival, to tell times that lie ahead.</param>
    /// <param name="into">Told of fields that are ignored.</param>
    /// <param name="reading">The reading, when null is returned.</param>
    /// <returns>Why it was refused; null = accepted.</returns>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public string? Read(ref Utf8JsonReader json, DateTimeOffset now, ParsedTelemetry into, out Reading reading)
    {
        reading = default;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return "A reading is a JSON object.";
        }

        _into = into;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            ReadField(ref json, now, ref reading);
        return null;
    }

    /// <summary>Why a device's time cannot be right; null = it may be.</summary>
    public static string? RefuseTime(DateTimeOffset time, DateTimeOffset now)
    {
        if (time > now + MaxAhead)
            return string.Create(CultureInfo.InvariantCulture, $"is ahead of the time of arrival by more than {MaxAhead.TotalMinutes} minutes; the time of arrival is used.");
        return time < Earliest ? "lies before the year 2000, as a clock that is not set; the time of arrival is used." : null;
    }

    private void ReadField(ref Utf8JsonReader json, DateTimeOffset now, ref Reading reading)
    {
        if (json.Is("ts"u8))
        {
            json.Read();
            ReadTime(ref json, now, ref reading);
        }
        else if (json.Is("seq"u8))
        {
            json.Read();
            if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var sequence) && sequence >= 0)
                reading = reading with { Sequence = sequence };
            else
                Ignore(ref json, ReadingField.Sequence, "must be a whole number from 0 to 2^63-1.");
        }
        else if (json.Is("next"u8))
        {
            json.Read();
            if (ReadNumber(ref json, ReadingField.Next, 0, MaxNextSeconds, "s") is { } seconds)
                reading = reading with { Next = seconds > 0 ? TimeSpan.FromSeconds(seconds) : null };
        }
        else if (json.Is("battery"u8))
            ReadObject(ref json, ReadingField.Battery, ref reading, BatteryField);
        else if (json.Is("link"u8))
            ReadObject(ref json, ReadingField.Link, ref reading, LinkField);
        else if (json.Is("image"u8))
            ReadObject(ref json, ReadingField.Image, ref reading, ImageField);
        else if (json.Is("metrics"u8))
            ReadObject(ref json, ReadingField.Metrics, ref reading, MetricsField);
        else
            SkipUnknown(ref json);
    }

    private delegate void Field(ReadingJson self, ref Utf8JsonReader json, ref Reading reading);

    private void ReadObject(ref Utf8JsonReader json, ReadingField name, ref Reading reading, Field field)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Ignore(ref json, name, "must be an object.");
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            field(this, ref json, ref reading);
    }

    private static readonly Field BatteryField = static (ReadingJson self, ref Utf8JsonReader json, ref Reading reading) =>
    {
        if (json.Is("percent"u8))
        {
            json.Read();
            self.ReadPercent(ref json, ref reading);
        }
        else if (json.Is("voltage"u8))
        {
            json.Read();
            if (self.ReadNumber(ref json, ReadingField.BatteryVoltage, 0, 100, "V") is { } volts)
                reading = reading with { BatteryVoltage = volts };
        }
        else if (json.Is("charging"u8))
        {
            json.Read();
            if (json.TokenType is JsonTokenType.True or JsonTokenType.False)
                reading = reading with { Charging = json.GetBoolean() };
            else
                self.Ignore(ref json, ReadingField.BatteryCharging, "must be true or false.");
        }
        else
        {
            SkipUnknown(ref json);
        }
    };

    private static readonly Field LinkField = static (ReadingJson self, ref Utf8JsonReader json, ref Reading reading) =>
    {
        if (json.Is("rssi"u8))
        {
            json.Read();
            if (self.ReadNumber(ref json, ReadingField.LinkRssi, -200, 20, "dBm", UnknownRssi) is { } rssi)
                reading = reading with { Rssi = rssi };
        }
        else if (json.Is("snr"u8))
        {
            json.Read();
            if (self.ReadNumber(ref json, ReadingField.LinkSnr, -100, 100, "dB") is { } snr)
                reading = reading with { Snr = snr };
        }
        else if (json.Is("gateway"u8))
        {
            json.Read();
            if (self.ReadName(ref json, ReadingField.LinkGateway) is { } gateway)
                reading = reading with { Gateway = gateway };
        }
        else
        {
            SkipUnknown(ref json);
        }
    };

    private static readonly Field ImageField = static (ReadingJson self, ref Utf8JsonReader json, ref Reading reading) =>
    {
        if (json.Is("track"u8))
        {
            json.Read();
            if (self.ReadName(ref json, ReadingField.ImageTrack) is { } track)
                reading = reading with { Track = track };
        }
        else if (json.Is("digest"u8))
        {
            json.Read();
            if (self.ReadName(ref json, ReadingField.ImageDigest) is not { } digest)
                return;
            if (IsDigest(digest))
                reading = reading with { Digest = digest };
            else
                self._into.Ignore(ReadingField.ImageDigest, "must be sha256: and 64 lower-case hexadecimal digits.");
        }
        else
        {
            SkipUnknown(ref json);
        }
    };

    private static readonly Field MetricsField = static (ReadingJson self, ref Utf8JsonReader json, ref Reading reading) =>
    {
        var isTemperature = json.Is("temperature"u8);
        var name = json.ValueSpan;
        json.Read();
        if (json.TokenType == JsonTokenType.Number)
        {
            if (!json.TryGetDouble(out var value) || !double.IsFinite(value))
                self._into.Ignore(ReadingField.Metrics, "is not a finite number.", Metric(name));
            else if (isTemperature)
                reading = reading with { TemperatureCelsius = value };
        }
        else if (json.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            self._into.Ignore(ReadingField.Metrics, "must be a number, a string, true or false.", Metric(name));
            json.Skip();
        }
    };

    private static string Metric(ReadOnlySpan<byte> name) => "metrics." + Encoding.UTF8.GetString(name[..Math.Min(name.Length, MaxNameLength)]);

    private void ReadTime(ref Utf8JsonReader json, DateTimeOffset now, ref Reading reading)
    {
        if (json.TokenType != JsonTokenType.String || Time(ref json) is not { } time)
            Ignore(ref json, ReadingField.Time, $"must be a time as in RFC 3339 with its zone, for example {Rfc3339.Example}; the time of arrival is used.");
        else if (RefuseTime(time, now) is not { } reason)
            reading = reading with { Time = time, SkewedTime = null };
        else
        {
            reading = reading with { Time = null, SkewedTime = time };
            _into.Ignore(ReadingField.Time, reason);
        }
    }

    private static DateTimeOffset? Time(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
            return Rfc3339.Parse(json.ValueSpan);
        Span<byte> unescaped = stackalloc byte[MaxNameLength];
        try
        {
            return json.ValueSpan.Length <= unescaped.Length ? Rfc3339.Parse(unescaped[..json.CopyString(unescaped)]) : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private void ReadPercent(ref Utf8JsonReader json, ref Reading reading)
    {
        if (json.TokenType != JsonTokenType.Number || !json.TryGetDouble(out var percent) || !(percent is >= 0 and <= 100 or PoweredPercent || IsUnknownPercent(percent)))
            ReadNumber(ref json, ReadingField.BatteryPercent, 0, 100, "%");
        else if (percent <= 100 && percent >= 0)
            reading = reading with { BatteryPercent = percent };
        else if (percent == PoweredPercent)
            reading = reading with { Charging = reading.Charging ?? true };
    }

    /// <param name="json">On the value.</param>
    /// <param name="field">What it is.</param>
    /// <param name="min">Inclusive.</param>
    /// <param name="max">Inclusive.</param>
    /// <param name="unit">For the reason.</param>
    /// <param name="unknown">A value outside that says that there is none.</param>
    private double? ReadNumber(ref Utf8JsonReader json, ReadingField field, double min, double max, string unit, double unknown = double.NaN)
    {
        if (json.TokenType != JsonTokenType.Number)
        {
            Ignore(ref json, field, "must be a number.");
            return null;
        }

        if (json.TryGetDouble(out var number) && number >= min && number <= max)
            return number;
        if (number != unknown)
            _into.Ignore(field, string.Create(CultureInfo.InvariantCulture, $"must lie between {min} and {max} {unit}."));
        return null;
    }

    private string? ReadName(ref Utf8JsonReader json, ReadingField field)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            Ignore(ref json, field, "must be a string.");
            return null;
        }

        if (json.ValueSpan.Length is 0 or > MaxNameLength)
        {
            _into.Ignore(field, $"must have 1 to {MaxNameLength} characters.");
            return null;
        }

        if (!json.ValueIsEscaped && Utf8IsValid(json.ValueSpan))
            return _names.Intern(json.ValueSpan);
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            _into.Ignore(field, "is not valid Unicode.");
            return null;
        }
    }

    private static bool Utf8IsValid(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text);

    private static bool IsDigest(string value) =>
        value.Length == 71 && value.StartsWith("sha256:", StringComparison.Ordinal) && !value.AsSpan(7).ContainsAnyExcept(Hexadecimal);

    /// <summary>Leaves the reader on the end of the value it stands on; null is the same as absent and no mistake.</summary>
    private void Ignore(ref Utf8JsonReader json, ReadingField field, string reason)
    {
        if (json.TokenType == JsonTokenType.Null)
            return;
        _into.Ignore(field, reason);
        json.Skip();
    }

    private static void SkipUnknown(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }
}
