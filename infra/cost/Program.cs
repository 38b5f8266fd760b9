using System.Text.Json;
using IoTBackend.Cost;

return Command.Run(args, Console.Out);

/// <summary>The command line of <c>scripts/cost</c>.</summary>
internal static class Command
{
    /// <summary>HTTP together, the telemetry processor, four timers, five queues: every function without HTTP scales alone.</summary>
    internal const int ScaleGroups = 13;

    private static readonly Fleet[] Standard =
        [.. from devices in new long[] { 1_000, 10_000, 100_000 } from perHour in new decimal[] { 60, 12 } select new Fleet(devices, perHour, Amqp: false)];

    public static int Run(string[] arguments, TextWriter output)
    {
        var prices = Prices.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "prices.json")));
        if (Option("--fixed") is { } snapshot)
        {
            PrintLines(FixedCost.Of(JsonDocument.Parse(File.ReadAllText(snapshot)).RootElement, ScaleGroups, prices), output);
            return 0;
        }

        var measured = Option("--measured") is { } file && File.Exists(file) ? Measurement.Parse(File.ReadAllText(file)) : new();
        if (Option("--devices") is not { } devices)
        {
            PrintTable(measured, prices, output);
            return 0;
        }

        var fleet = new Fleet(long.Parse(devices, null), decimal.Parse(Option("--per-hour") ?? "60", null), arguments.Contains("--amqp"), int.Parse(Option("--per-request") ?? "1", null));
        output.WriteLine(fleet);
        PrintLines(Estimate.Of(fleet, measured, prices), output);
        output.WriteLine($"IoT Hub alone, without processing: {Estimate.IoTHub(fleet, measured.IngressBytesPerReading, prices),10:N2}");
        foreach (var limit in Limits.Of(fleet, measured))
            output.WriteLine($"  {(limit.Share is { } share ? $"{share:P1}" : "not measured"),12} of {limit.Most:N0} {limit.What}: then {limit.Remedy}");
        return 0;

        string? Option(string name) => Array.IndexOf(arguments, name) is >= 0 and var i && i + 1 < arguments.Length ? arguments[i + 1] : null;
    }

    private static void PrintTable(Measurement measured, Prices prices, TextWriter output)
    {
        output.WriteLine(measured.MeasuredAt is { } at
            ? $"US$ a month at list prices; use per 1,000 readings measured {at:yyyy-MM-dd}"
            : "US$ a month at list prices; storage operations and executions: NOT MEASURED, so totals are lower bounds (run scripts/bench cost)");
        output.WriteLine($"{"devices",8}{"an hour",9}{"HTTP",13}{"HTTP, 10 each",15}{"AMQP",13}{"IoT Hub alone",15}  nearest limit over HTTP");
        foreach (var fleet in Standard)
        {
            var hub = Estimate.IoTHub(fleet, measured.IngressBytesPerReading, prices);
            var first = Limits.Of(fleet, measured)[0];
            output.WriteLine(
                $"{fleet.Devices,8:N0}{fleet.PerHour,9}{Total(fleet, measured, prices),13}{Total(fleet with { PerRequest = 10 }, measured, prices),15}{Total(fleet with { Amqp = true }, measured, prices),13}{hub,15:N2}  {first.What} ({first.Share:P0})");
        }

        output.WriteLine("HTTP: a reading a request. 10 each: ten readings a request. AMQP: each device keeps a connection to the hub.");
        output.WriteLine("IoT Hub alone takes the messages; it does not process, store or watch them.");
    }

    private static string Total(Fleet fleet, Measurement measured, Prices prices)
    {
        if (fleet.Amqp && fleet.Devices > Limits.ConnectionsPerNamespace)
            return "too many";
        var lines = Estimate.Of(fleet, measured, prices);
        return (lines.Any(l => l.Amount is null) ? "> " : "") + lines.Sum(l => l.Amount ?? 0).ToString("N2", null);
    }

    private static void PrintLines(IReadOnlyList<Line> lines, TextWriter output)
    {
        foreach (var line in lines)
            output.WriteLine($"  {line.What,-24}{(line.Amount is { } amount ? $"{amount:N2}" : "not measured"),14}  {line.How}");
        output.WriteLine($"  {(lines.Any(l => l.Amount is null) ? "at least" : "US$ a month"),-24}{lines.Sum(l => l.Amount ?? 0),14:N2}");
    }
}
