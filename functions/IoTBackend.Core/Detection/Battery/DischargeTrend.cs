namespace IoTBackend.Core.Detection.Battery;

/// <summary>
/// One way a level may fall: <c>level = a - b * age^power</c>, fitted by least squares with more weight on the later part of
/// the life. Powers below one settle, powers above one fall ever faster, as cells do towards their end.
/// </summary>
/// <param name="Power">Shape.</param>
/// <param name="Intercept">a.</param>
/// <param name="Slope">b.</param>
/// <param name="Residual">Weighted mean square of what the fit leaves, as a share of the spread of the levels; 0 = perfect.</param>
/// <param name="SlopeError">Standard error of b.</param>
internal readonly record struct DischargeTrend(double Power, double Intercept, double Slope, double Residual, double SlopeError)
{
    public static DischargeTrend Fit(ReadOnlySpan<double> days, ReadOnlySpan<double> levels, double power)
    {
        double w = 0, x = 0, y = 0, n = days.Length, last = days[^1];
        Span<double> weight = stackalloc double[days.Length];
        Span<double> at = stackalloc double[days.Length];
        for (var i = 0; i < days.Length; i++)
        {
            weight[i] = 0.15 + days[i] / last;
            at[i] = power == 1 ? days[i] : Math.Pow(days[i], power);
            w += weight[i];
            x += weight[i] * at[i];
            y += weight[i] * levels[i];
        }
        (x, y) = (x / w, y / w);
        double xx = 0, xy = 0, yy = 0;
        for (var i = 0; i < days.Length; i++)
        {
            xx += weight[i] * (at[i] - x) * (at[i] - x);
            xy += weight[i] * (at[i] - x) * (levels[i] - y);
            yy += weight[i] * (levels[i] - y) * (levels[i] - y);
        }
        if (xx <= 0)
            return new(power, y, 0, 1, 0);
        var slope = -xy / xx;
        var left = Math.Max(yy - slope * slope * xx, 0);
        return new(power, y + slope * x, slope, yy > 0 ? left / yy : 1, Math.Sqrt(left / Math.Max(1, n - 2) / xx));
    }

    /// <summary>Age in days at which the level is reached; infinite = never. Counted from where the level is now, not from where the fit has it.</summary>
    public double Reaches(double target, double nowDays, double nowLevel)
    {
        if (Slope <= 0)
            return double.PositiveInfinity;
        var further = Math.Pow(nowDays, Power) + (nowLevel - target) / Slope;
        return Math.Pow(further, 1 / Power);
    }
}
