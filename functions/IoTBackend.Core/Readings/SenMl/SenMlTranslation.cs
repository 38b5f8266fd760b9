using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>
/// Writes the records of one time as one reading in canonical JSON, whose reader then judges them as any other. What a record
/// means is told by the last segment of its name and its unit; the table is in docs/guide/telemetry.md. The rest become metrics.
/// </summary>
internal static class SenMlTranslation
{
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(SenMlReading reading, IBufferWriter<byte> into)
    {
        using var json = new Utf8JsonWriter(into, Options);
        json.WriteStartObject();
        if (reading.Time is { } time)
            json.WriteString("ts"u8, time);
        if (reading.Next is { } next)
            json.WriteNumber("next"u8, next);
        var fields = new Fields();
        var metrics = new List<Measurement>();
        Span<char> scratch = stackalloc char[Measurement.MaxNameLength];
        foreach (var measurement in reading.Measurements)
        {
            if (!fields.Take(measurement, measurement.Name(scratch)))
                metrics.Add(measurement);
        }

        fields.Write(json);
        if (metrics.Count > 0)
            WriteMetrics(json, metrics);
        json.WriteEndObject();
    }

    private static void WriteMetrics(Utf8JsonWriter json, List<Measurement> metrics)
    {
        json.WriteStartObject("metrics"u8);
        foreach (var (_, name, _, unit, value, text, flag, data, sum) in metrics)
        {
            if (value is not null)
                json.WriteNumber(name, unit == "K" && IsTemperature(name) ? value.Value - 273.15 : value.Value);
            else if (flag is not null)
                json.WriteBoolean(name, flag.Value);
            else if ((text ?? data) is { } written)
                json.WriteString(name, written);
            if (sum is not null)
                json.WriteNumber(name + ".sum", sum.Value);
        }

        // The detectors know one temperature, whatever the device calls it.
        if (metrics.Find(m => m is { Value: not null, Local: not "temperature", Unit: "Cel" or "K" } && IsTemperature(m.Local)) is { Value: { } degrees } temperature
            && !metrics.Exists(m => m.Local == "temperature"))
            json.WriteNumber("temperature"u8, temperature.Unit == "K" ? degrees - 273.15 : degrees);
        json.WriteEndObject();
    }

    private static bool IsTemperature(ReadOnlySpan<char> name) => Measurement.LastSegment(name) is "temperature" or "temp";

    /// <summary>What has a field of its own. The last of two that mean the same wins.</summary>
    private struct Fields
    {
        private double? _sequence;
        private double? _percent;
        private double? _voltage;
        private bool? _charging;
        private double? _rssi;
        private double? _snr;
        private string? _gateway;
        private string? _track;
        private string? _digest;

        /// <param name="measurement">Taken, or not.</param>
        /// <param name="name">Its whole name.</param>
        public bool Take(in Measurement measurement, ReadOnlySpan<char> name)
        {
            var last = Measurement.LastSegment(name);
            if (measurement.Value is { } value)
                return TakeValue(last, name, measurement.Unit, value);
            if (measurement.Flag is { } flag && last is "charging")
            {
                _charging = flag;
                return true;
            }

            if (measurement.Text is not { } text)
                return false;
            switch (last)
            {
                case "gateway":
                    _gateway = text;
                    return true;
                case "track":
                    _track = text;
                    return true;
                case "digest":
                    _digest = text;
                    return true;
                default:
                    return false;
            }
        }

        private bool TakeValue(ReadOnlySpan<char> last, ReadOnlySpan<char> name, string? unit, double value)
        {
            switch (unit)
            {
                case "%EL":
                    _percent = value;
                    return true;
                case "%" or "/" or null when IsCharge(name):
                    _percent = unit == "/" ? value * 100 : value;
                    return true;
                case "V" or "mV" when IsBattery(name) || IsVoltage(name):
                    _voltage = unit == "mV" ? value / 1000 : value;
                    return true;
            }

            switch (last)
            {
                // 0 dBW is 30 dBm (RFC 8798).
                case "rssi" when unit is null or "dBm" or "dBW":
                    _rssi = unit == "dBW" ? value + 30 : value;
                    return true;
                case "snr" when unit is null or "dB":
                    _snr = value;
                    return true;
                case "seq" or "sequence":
                    _sequence = value;
                    return true;
                default:
                    return false;
            }
        }

        public readonly void Write(Utf8JsonWriter json)
        {
            if (_sequence is { } sequence && double.IsInteger(sequence) && Math.Abs(sequence) < long.MaxValue)
                json.WriteNumber("seq"u8, (long)sequence);
            else if (_sequence is not null)
                json.WriteNumber("seq"u8, _sequence.Value);
            if ((_percent ?? _voltage) is not null || _charging is not null)
            {
                json.WriteStartObject("battery"u8);
                Write(json, "percent"u8, _percent);
                Write(json, "voltage"u8, _voltage);
                if (_charging is { } charging)
                    json.WriteBoolean("charging"u8, charging);
                json.WriteEndObject();
            }

            if ((_rssi ?? _snr) is not null || _gateway is not null)
            {
                json.WriteStartObject("link"u8);
                Write(json, "rssi"u8, _rssi);
                Write(json, "snr"u8, _snr);
                if (_gateway is not null)
                    json.WriteString("gateway"u8, _gateway);
                json.WriteEndObject();
            }

            if ((_track ?? _digest) is null)
                return;
            json.WriteStartObject("image"u8);
            if (_track is not null)
                json.WriteString("track"u8, _track);
            if (_digest is not null)
                json.WriteString("digest"u8, _digest);
            json.WriteEndObject();
        }

        private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
        {
            if (value is not null)
                json.WriteNumber(name, value.Value);
        }

        /// <summary>Not just anything about a battery: its health and its current have units of the same name.</summary>
        private static bool IsCharge(ReadOnlySpan<char> name) =>
            IsBattery(name) && Measurement.LastSegment(name) is ("battery" or "batt" or "batteryLevel" or "battery-level" or "battery_level" or "level" or "percent" or "soc");

        private static bool IsBattery(ReadOnlySpan<char> name) => name.Contains("batt", StringComparison.OrdinalIgnoreCase);

        private static bool IsVoltage(ReadOnlySpan<char> name) =>
            name.Contains("vbat", StringComparison.OrdinalIgnoreCase) || name.Contains("vdd", StringComparison.OrdinalIgnoreCase);
    }
}
