using System.Globalization;
using System.Xml;

namespace IoTBackend.Backtest;

/// <summary>The command line.</summary>
internal sealed record Arguments(string Telemetry, string? Policy, string? Alerts, string? Forecasts, TimeSpan ForecastStep, (string Old, string New)? Compare)
{
    /// <summary>Of an archive: the range of arrival.</summary>
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public const string Help = """
        Replays recorded telemetry through the live detectors, in event time.

          scripts/backtest TELEMETRY.csv[.gz] --policy POLICY.json --alerts OUT.ndjson
                           [--forecasts OUT.ndjson [--forecast-step PT24H]]
          scripts/backtest TELEMETRY.csv[.gz] --compare OLD.json NEW.json

          TELEMETRY        deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence; rows in time order;
                           or the backend's archive: a directory with a copy of it, or a storage connection string
          --from, --to     of an archive only the telemetry that arrived then, ISO 8601
          --policy         the fleet's rules: groups, and models matched by device id
          --alerts         one JSON object per alert episode
          --forecasts      battery forecasts, one JSON object per device, level and step
          --forecast-step  ISO 8601 duration, default PT24H, at least PT1M
          --compare        what a change of rules would have changed: alerts gained, lost, and per device-day
        """;

    /// <exception cref="ArgumentException">Says what is wrong.</exception>
    public static Arguments Parse(string[] args)
    {
        string? telemetry = null, policy = null, alerts = null, forecasts = null;
        (string, string)? compare = null;
        var step = TimeSpan.FromDays(1);
        DateTimeOffset? from = null, to = null;
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");
            switch (args[i])
            {
                case "--policy": policy = Value(); break;
                case "--alerts": alerts = Value(); break;
                case "--forecasts": forecasts = Value(); break;
                case "--forecast-step": step = Step(Value()); break;
                case "--from": from = Time(Value()); break;
                case "--to": to = Time(Value()); break;
                case "--compare": compare = (Value(), Value()); break;
                case ['-', ..]: throw new ArgumentException($"unknown option {args[i]}");
                default: telemetry = telemetry is null ? args[i] : throw new ArgumentException($"one telemetry file at a time; what is {args[i]}?"); break;
            }
        }
        if (telemetry is null)
            throw new ArgumentException("which telemetry file?");
        if (compare is null && (policy is null || alerts is null))
            throw new ArgumentException("--policy and --alerts are needed, or --compare");
        return new(telemetry, policy, alerts, forecasts, step, compare) { From = from, To = to };
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new ArgumentException($"not an ISO 8601 time: {text}");

    private static TimeSpan Step(string text)
    {
        try
        {
            return XmlConvert.ToTimeSpan(text) is var step && step >= TimeSpan.FromMinutes(1) ? step : throw new ArgumentException("--forecast-step must be PT1M or more");
        }
        catch (FormatException)
        {
            throw new ArgumentException($"--forecast-step is not an ISO 8601 duration: {text}");
        }
    }
}
