using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Xml;
using IoTBackend.Backtest;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot backtest</c></summary>
internal static class BacktestCommand
{
    private static readonly Argument<string> Telemetry = new("TELEMETRY")
    {
        Description = "deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence; rows in time order, plain or .gz; or the backend's archive: a directory with a copy of it, or a storage connection string",
    };

    private static readonly Option<string> Policy = new("--policy") { Description = "The fleet's rules: groups, and models matched by device id", HelpName = "FILE" };
    private static readonly Option<string> Alerts = new("--alerts") { Description = "Where to: one JSON object per alert episode", HelpName = "FILE" };
    private static readonly Option<string> Forecasts = new("--forecasts") { Description = "Where to: battery forecasts, one JSON object per device, level and step", HelpName = "FILE" };
    private static readonly Option<TimeSpan> Step = new("--forecast-step") { Description = "ISO 8601 duration, at least PT1M [default: PT24H]", HelpName = "DURATION", CustomParser = ReadStep, DefaultValueFactory = _ => TimeSpan.FromDays(1) };
    private static readonly Option<DateTimeOffset?> From = new("--from") { Description = "Of an archive only the telemetry that arrived from then on, ISO 8601", HelpName = "TIME", CustomParser = ReadTime };
    private static readonly Option<DateTimeOffset?> To = new("--to") { Description = "Of an archive only the telemetry that arrived until then", HelpName = "TIME", CustomParser = ReadTime };
    private static readonly Option<string[]> Compare = new("--compare")
    {
        Description = "What a change of rules would have changed: alerts gained, lost, and per device-day",
        HelpName = "OLD NEW",
        Arity = new(2, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    public static Verb Make(Surroundings around)
    {
        var command = new Verb("backtest", "Replays recorded telemetry through the live detectors, in event time",
            "iot backtest week.csv.gz --policy rules.json --alerts alerts.ndjson --forecasts forecasts.ndjson", "iot backtest week.csv.gz --compare old.json new.json")
            .Takes(Telemetry, Policy, Alerts, Forecasts, Step, From, To, Compare);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Compare) is null && (result.GetResult(Policy) is null || result.GetResult(Alerts) is null))
                result.AddError("--policy and --alerts are needed, or --compare");
        });
        command.SetAction(parsed => Run(around, parsed));
        return command;
    }

    private static int Run(Surroundings around, ParseResult parsed)
    {
        var telemetry = parsed.GetRequiredValue(Telemetry);
        try
        {
            if (parsed.GetValue(Compare) is [var old, var changed])
                Comparison.Print(telemetry, old, changed, around.Out);
            else
                Backtest.Backtest.Run(telemetry, parsed.GetRequiredValue(Policy), parsed.GetRequiredValue(Alerts),
                    parsed.GetValue(Forecasts) is { } path ? (path, parsed.GetValue(Step)) : null, parsed.GetValue(From), parsed.GetValue(To));
            return ExitCode.Done;
        }
        catch (DecoderFallbackException)
        {
            throw CliException.Usage("the telemetry is not UTF-8 text; expected CSV, plain or gzip.");
        }
        catch (InvalidDataException wrong)
        {
            throw CliException.Usage(wrong.Message);
        }
    }

    private static DateTimeOffset? ReadTime(ArgumentResult result)
    {
        if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return time;
        result.AddError($"not an ISO 8601 time: {result.Tokens[0].Value}");
        return null;
    }

    private static TimeSpan ReadStep(ArgumentResult result)
    {
        try
        {
            if (XmlConvert.ToTimeSpan(result.Tokens[0].Value) is var step && step >= TimeSpan.FromMinutes(1))
                return step;
            result.AddError("--forecast-step must be PT1M or more");
        }
        catch (FormatException)
        {
            result.AddError($"--forecast-step is not an ISO 8601 duration: {result.Tokens[0].Value}");
        }

        return default;
    }
}
