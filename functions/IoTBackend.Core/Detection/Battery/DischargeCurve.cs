namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// State of charge from the terminal voltage of one cell at rest or light load and room temperature, by chemistry: good for a
/// level and for the shape of a forecast, not a gauge. Voltage alone is wrong by 10 points of charge and more on a flat curve.
/// </summary>
/// <remarks>
/// What each curve rests on is said with it. Makers print discharge curves as pictures, so that most tables in circulation,
/// and the steps between the points given here, are readings of such pictures.
/// </remarks>
public static class DischargeCurve
{
    /// <summary>
    /// Lithium-ion and lithium polymer cells with 4.2 V end of charge, at rest. The chart of a pack maker
    /// (https://blog.ampow.com/lipo-voltage-chart/), whose 0 % is 3.27 V; below it the tail to the usual 3.0 V cut-off.
    /// </summary>
    private static readonly (float Volts, float Percent)[] LiIon =
        [(3.0f, 0), (3.27f, 1), (3.61f, 5), (3.69f, 10), (3.71f, 15), (3.73f, 20), (3.75f, 25), (3.77f, 30), (3.79f, 35), (3.8f, 40), (3.82f, 45), (3.84f, 50), (3.85f, 55), (3.87f, 60), (3.91f, 65), (3.95f, 70), (3.98f, 75), (4.02f, 80), (4.08f, 85), (4.11f, 90), (4.15f, 95), (4.2f, 100)];

    /// <summary>
    /// Lithium iron phosphate, at rest. Ends as sold (2.5 V empty, 3.4 to 3.65 V full) with the two-phase plateau of the chemistry in
    /// between; no table of a maker was found for the plateau, and dealers' charts differ by 20 points there.
    /// </summary>
    private static readonly (float Volts, float Percent)[] LiFePO4 =
        [(2.5f, 0), (2.9f, 5), (3.1f, 10), (3.2f, 20), (3.25f, 35), (3.28f, 55), (3.3f, 70), (3.33f, 90), (3.4f, 97), (3.6f, 100)];

    /// <summary>
    /// Alkaline manganese under a light steady load to 0.8 V. Shape as in Energizer's Alkaline Manganese Dioxide Handbook (fresh 1.58 V and more,
    /// then a steady slope), of which no figures could be had; a table for intermittent use in circulation
    /// (https://www.candlepowerforums.com/threads/alkaline-percentage-table.263582/) is up to 18 points higher above 1.2 V, the same below 1.1 V.
    /// </summary>
    private static readonly (float Volts, float Percent)[] Alkaline =
        [(0.8f, 0), (0.9f, 4), (1.0f, 9), (1.1f, 18), (1.15f, 27), (1.2f, 40), (1.25f, 54), (1.3f, 67), (1.35f, 77), (1.4f, 86), (1.5f, 96), (1.6f, 100)];

    /// <summary>
    /// Lithium thionyl chloride at a few milliamperes and below, 20 degrees: 3.67 V open, 3.60 V in use (Tadiran, LTC technical brochure, 1.1),
    /// stable over most of the life (Saft, LS 26500 data sheet). How it falls in the last tenth rests on no table: it depends on load and age.
    /// </summary>
    private static readonly (float Volts, float Percent)[] LiSoCl2 =
        [(2.0f, 0), (2.8f, 2), (3.2f, 5), (3.4f, 10), (3.5f, 18), (3.55f, 35), (3.58f, 60), (3.62f, 90), (3.67f, 100)];

    /// <summary>
    /// Lithium manganese dioxide coin cells: the four straight pieces Nordic Semiconductor uses for a CR2032 in its Bluetooth samples
    /// (lib_battery_level.c in github.com/NordicSemiconductor/ble-sdk-arduino), which are, as it says there, by no means accurate.
    /// </summary>
    private static readonly (float Volts, float Percent)[] Cr = [(2.1f, 0), (2.44f, 6), (2.74f, 18), (2.9f, 42), (3.0f, 100), (3.3f, 100)];

    /// <summary>State of charge, 0..100; null = chemistry not known.</summary>
    /// <param name="chemistry">As in <see cref="Devices.BatterySpecification.Chemistry"/>.</param>
    /// <param name="packVolts">Terminal voltage of the pack.</param>
    /// <param name="cells">Cells in series, at least 1.</param>
    public static double? Percent(string? chemistry, double packVolts, int cells) =>
        Table(chemistry) is { Length: > 0 } table ? Interpolate(table, packVolts / Math.Max(1, cells)) : null;

    /// <summary>Terminal voltage of the pack at a state of charge, 0..100: the lowest that the curve has for it; null = chemistry not known.</summary>
    public static double? Volts(string? chemistry, double percent, int cells)
    {
        if (Table(chemistry) is not { Length: > 0 } table)
            return null;
        var i = 1;
        while (i < table.Length - 1 && table[i].Percent < percent)
            i++;
        var (low, high) = (table[i - 1], table[i]);
        return Math.Max(1, cells) * (low.Volts + (high.Volts - low.Volts) * Math.Clamp((percent - low.Percent) / (high.Percent - low.Percent), 0, 1));
    }

    /// <summary>Cells in series that explain the highest voltage seen; 1 where the chemistry is not known.</summary>
    public static int Cells(string? chemistry, double highestVolts) =>
        Table(chemistry) is { Length: > 0 } table ? Math.Clamp((int)Math.Ceiling(highestVolts / (table[^1].Volts * 1.06)), 1, 32) : 1;

    private static (float Volts, float Percent)[] Table(string? chemistry) => chemistry switch
    {
        "li-ion" => LiIon,
        "lifepo4" => LiFePO4,
        "alkaline" => Alkaline,
        "li-socl2" => LiSoCl2,
        "cr" => Cr,
        _ => [],
    };

    private static double Interpolate((float Volts, float Percent)[] table, double volts)
    {
        if (volts <= table[0].Volts)
            return 0;
        for (var i = 1; i < table.Length; i++)
        {
            var (low, high) = (table[i - 1], table[i]);
            if (volts <= high.Volts)
                return low.Percent + (high.Percent - low.Percent) * (volts - low.Volts) / (high.Volts - low.Volts);
        }
        return 100;
    }
}
