using System.Globalization;
using System.IO.Compression;
using System.Text;
using IoTBackend.Core.Readings;

namespace IoTBackend.Backtest;

/// <summary>One row of a recording: who said what, and when it arrived.</summary>
internal readonly record struct RecordedReading(string DeviceId, DateTimeOffset ArrivedAt, Reading Reading);

/// <summary>Recorded telemetry: CSV, plain or gzip, with a header; rows in time order; columns in any order, an empty field = not reported.</summary>
internal static class Recording
{
    private static readonly string[] Required = ["deviceId", "timestamp_iso"];

    /// <exception cref="InvalidDataException">Names the line and what is wrong with it.</exception>
    public static IEnumerable<RecordedReading> Read(string path)
    {
        using var file = File.OpenRead(path);
        using var bytes = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var text = new StreamReader(bytes, new UTF8Encoding(false, true));
        var header = text.ReadLine()?.TrimStart('\ufeff').Split(',') ?? throw new InvalidDataException($"{path} is empty.");
        if (Required.FirstOrDefault(c => !header.Contains(c)) is { } missing)
            throw new InvalidDataException($"{path}: the header has no column {missing}. Expected deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence.");
        var columns = new Columns(path, header);
        var previous = DateTimeOffset.MinValue;
        for (var number = 2; text.ReadLine() is { } line; number++)
        {
            if (line.Length == 0)
                continue;
            var row = columns.Parse(line, number);
            if (row.ArrivedAt < previous)
                throw new InvalidDataException($"{path}:{number}: rows are not in time order ({row.ArrivedAt:O} after {previous:O}). Sort them by timestamp_iso.");
            previous = row.ArrivedAt;
            yield return row;
        }
    }

    private static bool IsGzip(FileStream file)
    {
        var magic = (file.ReadByte(), file.ReadByte());
        file.Position = 0;
        return magic == (0x1f, 0x8b);
    }

    private sealed class Columns(string path, string[] header)
    {
        private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);
        private readonly int _device = Array.IndexOf(header, "deviceId");
        private readonly int _time = Array.IndexOf(header, "timestamp_iso");
        private readonly int _voltage = Array.IndexOf(header, "batteryVoltage");
        private readonly int _percent = Array.IndexOf(header, "batteryPercent");
        private readonly int _rssi = Array.IndexOf(header, "rssi");
        private readonly int _sequence = Array.IndexOf(header, "sequence");

        public RecordedReading Parse(string line, int number)
        {
            var fields = line.Split(',');
            if (fields.Length != header.Length)
                throw new InvalidDataException($"{path}:{number}: {fields.Length} fields where the header has {header.Length}.");
            if (fields[_device] is not { Length: > 0 } id)
                throw new InvalidDataException($"{path}:{number}: no deviceId.");
            if (!DateTimeOffset.TryParse(fields[_time], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
                throw new InvalidDataException($"{path}:{number}: timestamp_iso is not an ISO 8601 time: '{fields[_time]}'.");
            if (!_ids.TryGetValue(id, out var known))
                _ids[id] = known = id;
            return new(known, at, new Reading
            {
                BatteryVoltage = Number(fields, _voltage, number),
                BatteryPercent = Number(fields, _percent, number),
                Rssi = Number(fields, _rssi, number),
                Sequence = (long?)Number(fields, _sequence, number),
            });
        }

        private double? Number(string[] fields, int column, int number)
        {
            if (column < 0 || fields[column].Length == 0)
                return null;
            return double.TryParse(fields[column], CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
                ? value
                : throw new InvalidDataException($"{path}:{number}: {header[column]} is not a number: '{fields[column]}'.");
        }
    }
}
