using System.Text.Json;
using IoTBackend.Cost;

return Command.Run(args, Console.Out);

/// <summary>The command line of <c>scripts/cost</c>.</summary>
internal static class Command
{
    /// <summary>HTTP together, the telemetry processor, four timers, five queues: every function without HTTP scales alone.</summary>
    internal const int ScaleGroups = 11;

    public static int Run(string[] arguments, TextWriter output)
    {
        var prices = Prices.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "prices.json")));
        if (Option("--fixed") is { } snapshot)
        {
            PrintLines(FixedCost.Of(JsonDocument.Parse(File.ReadAllText(snapshot)).RootElement, ScaleGroups, prices), output);
            return 0;
        }

        var measured = Measurement.Parse(File.ReadAllText(Option("--measured")!));
        if (Option("--devices") is not { } devices)
        {
            CostTable.Print(measured, Measurement.Parse(File.ReadAllText(Option("--small")!)), prices, output);
            return 0;
        }

        var fleet = new Fleet(long.Parse(devices, null), decimal.Parse(Option("--per-hour") ?? "60", null), arguments.Contains("--amqp"), int.Parse(Option("--per-request") ?? "1", null));
        output.WriteLine(fleet);
        PrintLines(Estimate.Of(fleet, measured, prices), output);
        output.WriteLine($"  IoT Hub alone, without processing: {Estimate.IoTHub(fleet, measured.BytesPerReading, prices):N2}");
        foreach (var limit in Limits.Of(fleet, measured))
            output.WriteLine($"  {limit.Share,9:P1} of {limit.Most:N0} {limit.What}: then {limit.Remedy}");
        return 0;

        string? Option(string name) => Array.IndexOf(arguments, name) is >= 0 and var i && i + 1 < arguments.Length ? arguments[i + 1] : null;
    }

    private static void PrintLines(IReadOnlyList<Line> lines, TextWriter output)
    {
        foreach (var line in lines)
            output.WriteLine($"  {line.What,-24}{line.Amount,14:N2}  {line.How}");
        output.WriteLine($"  {"US$ a month",-24}{lines.Sum(l => l.Amount),14:N2}");
    }
}
