using System.Text.Json;

namespace IoTBackend.Agent.Telemetry;

/// <summary>What runs on a track, as the engine says.</summary>
internal sealed record RunningImage(string Track, string Digest);

/// <summary>One reading as a line of NDJSON.</summary>
internal static class ReadingWriter
{
    /// <param name="at">Null = the clock is off; the server takes the time of arrival.</param>
    /// <param name="next">Until the server hears again.</param>
    public static byte[] Write(DateTimeOffset? at, long sequence, TimeSpan next, BatteryReading? battery, LinkReading? link, RunningImage? image)
    {
        using var bytes = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (at is { } time)
                json.WriteString("ts", time.UtcDateTime);
            json.WriteNumber("seq", sequence);
            if (battery is not null)
            {
                json.WriteStartObject("battery");
                Number(json, "percent", battery.Percent);
                Number(json, "voltage", battery.Voltage);
                if (battery.Charging is { } charging)
                    json.WriteBoolean("charging", charging);
                json.WriteEndObject();
            }

            if (link is not null)
            {
                json.WriteStartObject("link");
                Number(json, "rssi", link.Rssi);
                Number(json, "snr", link.Snr);
                if (link.Gateway is not null)
                    json.WriteString("gateway", link.Gateway);
                json.WriteEndObject();
            }

            if (image is { } running)
            {
                json.WriteStartObject("image");
                json.WriteString("track", running.Track);
                json.WriteString("digest", running.Digest);
                json.WriteEndObject();
            }

            json.WriteNumber("next", (long)Math.Ceiling(next.TotalSeconds));
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
            json.WriteNumber(name, number);
    }
}
