namespace IoTBackend.Cost;

/// <summary>Fleets of three sizes at two rhythms, and none, beside IoT Hub.</summary>
internal static class CostTable
{
    /// <summary>The parts of a bill, as columns.</summary>
    private static readonly (string Head, string[] Lines)[] Columns =
    [
        ("hub", ["Event Hubs"]), ("execs", ["Functions, executions"]), ("GB-s", ["Functions, GB-s"]),
        ("storage", ["Table storage", "Queue storage", "Blob storage", "Archive"]), ("logs", ["Logs"]), ("fixed", ["Registry", "Alerts"]),
    ];

    private static readonly Fleet[] Rows =
    [
        new(0, 60, Amqp: false),
        .. from devices in new long[] { 1_000, 10_000, 100_000 } from perHour in new decimal[] { 60, 12 } select new Fleet(devices, perHour, Amqp: false),
    ];

    /// <param name="measured">With the settings for fleets of every size.</param>
    /// <param name="small">With those for a small one, which is measured at one size.</param>
    /// <param name="prices">List prices.</param>
    /// <param name="output">Where to.</param>
    public static void Print(Measurement measured, Measurement small, Prices prices, TextWriter output)
    {
        output.WriteLine($"US$ a month at list prices of {prices.Newest} and older; use measured {measured.MeasuredAt:yyyy-MM-dd}");
        output.WriteLine($"{"",9}{"",8}{"",9}  {"HTTP, one reading a request",-84}ten a request       AMQP");
        output.WriteLine($"{"settings",-9}{"devices",8}{"an hour",9}{string.Concat(Columns.Select(c => $"{c.Head,10}"))}{"total",10}{"IoT Hub",9}{"ratio",7}{"total",11}{"IoT Hub",9}{"kept open",11}  nearest limit over HTTP, one each");
        foreach (var fleet in Rows)
            PrintRow(fleet, measured, prices, output);
        foreach (var fleet in Rows.Where(row => small.Points.Any(p => (p.Devices, p.PerHour) == (row.Devices, row.Devices == 0 ? 0 : row.PerHour))))
            PrintRow(fleet, small, prices, output);
        output.WriteLine("Ten each: ten readings a request, or a message. AMQP: each device keeps a connection to the hub. IoT Hub alone takes the messages; it does not process, store or watch them.");
        foreach (var check in Check.Of(measured))
            output.WriteLine(check);
    }

    private static void PrintRow(Fleet fleet, Measurement measured, Prices prices, TextWriter output)
    {
        var lines = Estimate.Of(fleet, measured, prices);
        var total = lines.Sum(l => l.Amount);
        var hub = fleet.Devices == 0 ? 0 : Estimate.IoTHub(fleet, measured.BytesPerReading, prices);
        var ten = fleet with { PerRequest = 10 };
        var first = Limits.Of(fleet, measured)[0];
        output.WriteLine(
            $"{measured.Settings,-9}{fleet.Devices,8:N0}{(fleet.Devices == 0 ? "at rest" : fleet.PerHour.ToString(null, null)),9}{string.Concat(Columns.Select(c => $"{lines.Where(l => c.Lines.Contains(l.What)).Sum(l => l.Amount),10:N2}"))}{total,10:N2}" +
            $"{hub,9:N0}{(hub == 0 ? "" : $"{total / hub:N2}"),7}{Total(ten, measured, prices),11}{(hub == 0 ? 0 : Estimate.IoTHub(ten, measured.BytesPerReading, prices)),9:N0}{Total(fleet with { Amqp = true }, measured, prices),11}  {first.What} ({first.Share:P0})");
    }

    private static string Total(Fleet fleet, Measurement measured, Prices prices) =>
        fleet.Amqp && fleet.Devices > measured.Profile.Connections ? "too many" : Estimate.Of(fleet, measured, prices).Sum(l => l.Amount).ToString("N2", null);
}
