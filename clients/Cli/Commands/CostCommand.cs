using System.CommandLine;
using System.Text.Json;
using IoTBackend.Cost;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot cost</c></summary>
internal static class CostCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static readonly Option<long?> Devices = Bounds.Upto(new Option<long?>("--devices") { Description = "One fleet, line by line, and which limit binds first", HelpName = "N" }, 1e9);
    private static readonly Option<string> Settings = new("--settings") { Description = "Whose settings it runs with: small or dev", HelpName = "NAME", DefaultValueFactory = _ => "dev" };
    private static readonly Option<decimal> PerHour = Bounds.Upto(new Option<decimal>("--per-hour") { Description = "Readings of a device an hour", HelpName = "N", DefaultValueFactory = _ => 60 }, 1e6);
    private static readonly Option<int> PerRequest = Bounds.Upto(new Option<int>("--per-request") { Description = "Readings in one HTTP request", HelpName = "N", DefaultValueFactory = _ => 1 }, 1e5);
    private static readonly Option<bool> Amqp = new("--amqp") { Description = "Each device keeps an AMQP connection to the hub" };
    private static readonly Option<string> Fixed = new("--fixed") { Description = "What a deployment costs before anything runs on it: small, dev or prod", HelpName = "NAME" };
    private static readonly Option<string> Measured = new("--measured") { Description = "What fleets use, as scripts/bench cost writes it; by default what was measured for this version", HelpName = "FILE" };
    private static readonly Option<bool> AsJson = new("--json") { Description = "Print JSON; with --devices or --fixed" };

    public static Verb Make(Surroundings around)
    {
        Settings.AcceptOnlyFromAmong("small", "dev");
        Fixed.AcceptOnlyFromAmong("small", "dev", "prod");
        var command = new Verb("cost", "What it costs in Azure, in US$ a month at list prices: at rest and for 1,000 to 100,000 devices, beside IoT Hub's price for the same messages",
            "iot cost", "iot cost --devices 5000 --per-hour 12 --amqp", "iot cost --fixed prod").Takes(Devices, Settings, PerHour, PerRequest, Amqp, Fixed, Measured, AsJson);
        command.Validators.Add(result =>
        {
            if (result.GetValue(AsJson) && result.GetResult(Devices) is null && result.GetResult(Fixed) is null)
                result.AddError("--json needs --devices or --fixed.");
        });
        command.SetAction(parsed => Run(parsed, around.Out));
        return command;
    }

    private static void Run(ParseResult parsed, TextWriter output)
    {
        var report = CostReport.OfThisBuild();
        if (parsed.GetValue(Fixed) is { } environment)
        {
            var lines = report.Fixed(environment);
            if (parsed.GetValue(AsJson))
                output.WriteLine(JsonSerializer.Serialize(new { lines, usDollarsAMonth = lines.Sum(l => l.Amount) }, Json));
            else
                CostReport.Print(lines, output);
            return;
        }

        var measured = parsed.GetValue(Measured) is { } file ? Read(file) : CostReport.Measured(parsed.GetRequiredValue(Settings));
        if (parsed.GetValue(Devices) is not { } devices)
        {
            report.PrintTable(measured, output);
            return;
        }

        var fleet = new Fleet(devices, parsed.GetValue(PerHour), parsed.GetValue(Amqp), Math.Max(1, parsed.GetValue(PerRequest)));
        if (!parsed.GetValue(AsJson))
            report.Print(fleet, measured, output);
        else
            output.WriteLine(JsonSerializer.Serialize(
                new { lines = report.Of(fleet, measured), usDollarsAMonth = report.Of(fleet, measured).Sum(l => l.Amount), ioTHubAlone = report.IoTHub(fleet, measured), limits = Limits.Of(fleet, measured) }, Json));
    }

    private static Measurement Read(string file)
    {
        try
        {
            return Measurement.Parse(File.ReadAllText(file));
        }
        catch (JsonException wrong)
        {
            throw CliException.Usage($"{file} is not what scripts/bench cost writes: {wrong.Message}");
        }
    }
}
