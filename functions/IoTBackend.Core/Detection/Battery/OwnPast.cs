namespace IoTBackend.Core.Detection.Battery;

/// <summary>What a battery's own past says of a level it comes down to.</summary>
/// <param name="Age">Days since the life began.</param>
/// <param name="Fall">Share of the fall to the level that is done.</param>
/// <param name="Today">Days since 1970.</param>
/// <param name="Shapes">Days left by the shapes fitted to the whole course.</param>
/// <param name="Line">Days left by a straight line through its latest part; NaN = there is none.</param>
/// <param name="Spread">How wrong the shapes are by their own record, as a logarithm.</param>
/// <param name="Noise">Scatter of the level as a share of what it has still to fall.</param>
/// <param name="IsKnee">A bare voltage below the low level, where cells have their knee.</param>
internal readonly record struct OwnPast(double Age, double Fall, double Today, double Shapes, double Line, double Spread, double Noise, bool IsKnee)
{
    /// <summary>No further ahead than so many times the age: beyond, a date would be a guess.</summary>
    private const double Horizon = 10;

    /// <summary>Shapes that never get there say the furthest day itself, rounding aside.</summary>
    private const double Rounding = 0.001;

    /// <summary>Days beyond which there is no date.</summary>
    public double Furthest => FurthestAt(Age);

    /// <summary>The whole course never gets to the level.</summary>
    public bool NeverGetsThere => !IsDate(Shapes, Age);

    public static double FurthestAt(double age) => Horizon * age;

    /// <summary>So many days left are a date, not the furthest day.</summary>
    public static bool IsDate(double days, double age) => days < (1 - Rounding) * FurthestAt(age);
}
