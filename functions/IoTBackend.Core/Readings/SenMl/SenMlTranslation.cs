using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>
/// Writes the records of one time as one reading in canonical JSON, whose reader then judges them as any other. What a record
/// means is told by the last segment of its name and its unit; the table is in docs/telemetry.md. The rest become metrics.
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
        foreach (var measurement in reading.Measurements)
        {
            if (!fields.Take(measurement))
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
        foreach (var (_, name, unit, value, text, flag, data, sum) in metrics)
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

        public bool Take(in Measurement measurement)
        {
            var name = measurement.Name;
            switch (Measurement.LastSegment(name).ToString(), measurement.Unit)
            {
                case (_, "%EL") when measurement.Value is { } value:
                    _percent = value;
                    return true;
                case (_, "%" or "/" or null) when measurement.Value is { } value && IsCharge(name):
                    _percent = measurement.Unit == "/" ? value * 100 : value;
                    return true;
                case (_, "V" or "mV") when measurement.Value is { } value && (IsBattery(name) || IsVoltage(name)):
                    _voltage = measurement.Unit == "mV" ? value / 1000 : value;
                    return true;
                case ("charging", _) when measurement.Flag is { } flag:
                    _charging = flag;
                    return true;
                // 0 dBW is 30 dBm (RFC 8798).
                case ("rssi", null or "dBm" or "dBW") when measurement.Value is { } value:
                    _rssi = measurement.Unit == "dBW" ? value + 30 : value;
                    return true;
                case ("snr", null or "dB") when measurement.Value is { } value:
                    _snr = value;
                    return true;
                case ("seq" or "sequence", _) when measurement.Value is { } value:
                    _sequence = value;
                    return true;
                case ("gateway", _) when measurement.Text is { } text:
                    _gateway = text;
                    return true;
                case ("track", _) when measurement.Text is { } text:
                    _track = text;
                    return true;
                case ("digest", _) when measurement.Text is { } text:
                    _digest = text;
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
        private static bool IsCharge(string name) =>
            IsBattery(name) && Measurement.LastSegment(name) is ("battery" or "batt" or "batteryLevel" or "battery-level" or "battery_level" or "level" or "percent" or "soc");

        private static bool IsBattery(string name) => name.Contains("batt", StringComparison.OrdinalIgnoreCase);

        private static bool IsVoltage(string name) =>
            name.Contains("vbat", StringComparison.OrdinalIgnoreCase) || name.Contains("vdd", StringComparison.OrdinalIgnoreCase);
    }
}
