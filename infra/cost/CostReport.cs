using System.Text.Json;

namespace IoTBackend.Cost;

/// <summary>What the checked-in prices, measurements and deployments say together.</summary>
/// <param name="prices">List prices.</param>
internal sealed class CostReport(Prices prices)
{
    /// <summary>HTTP together, the telemetry processor, four timers, five queues: every function without HTTP scales alone.</summary>
    internal const int ScaleGroups = 12;

    public static CostReport OfThisBuild() => new(Prices.Parse(Part("prices.json")));

    /// <summary>What fleets use with a parameter file's settings, as scripts/bench cost measured it when this was built.</summary>
    public static Measurement Measured(string settings) => Measurement.Parse(Part($"{settings}.measured.json"));

    /// <summary>What a deployment costs before anything runs on it.</summary>
    /// <param name="environment">small, dev or prod.</param>
    public IReadOnlyList<Line> Fixed(string environment)
    {
        using var snapshot = JsonDocument.Parse(Part($"{environment}.snapshot.json"));
        return FixedCost.Of(snapshot.RootElement, ScaleGroups, prices);
    }

    public IReadOnlyList<Line> Of(Fleet fleet, Measurement measured) => Estimate.Of(fleet, measured, prices);

    public decimal IoTHub(Fleet fleet, Measurement measured) => Estimate.IoTHub(fleet, measured.BytesPerReading, prices);

    public void PrintTable(Measurement measured, TextWriter output) => CostTable.Print(measured, Measured("small"), prices, output);

    public static void Print(IReadOnlyList<Line> lines, TextWriter output)
    {
        foreach (var line in lines)
            output.WriteLine($"  {line.What,-24}{line.Amount,14:N2}  {line.How}");
        output.WriteLine($"  {"US$ a month",-24}{lines.Sum(l => l.Amount),14:N2}");
    }

    public void Print(Fleet fleet, Measurement measured, TextWriter output)
    {
        output.WriteLine(fleet);
        Print(Of(fleet, measured), output);
        output.WriteLine($"  IoT Hub alone, without processing: {IoTHub(fleet, measured):N2}");
        foreach (var limit in Limits.Of(fleet, measured))
            output.WriteLine($"  {limit.Share,9:P1} of {limit.Most:N0} {limit.What}: then {limit.Remedy}");
    }

    private static string Part(string name)
    {
        using var stream = typeof(CostReport).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"There is no {name} in this build.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
