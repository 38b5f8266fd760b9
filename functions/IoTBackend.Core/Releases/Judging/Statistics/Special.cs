namespace IoTBackend.Core.Releases.Judging.Statistics;

/// <summary>Functions .NET does not have.</summary>
internal static class Special
{
    /// <summary>ln Gamma(x) for x &gt; 0: Stirling's series from 10 on, exact to 1e-13 (NIST DLMF 5.11.1).</summary>
    public static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 10; x++)
            shift -= Math.Log(x);
        var square = 1 / (x * x);
        return shift + (x - 0.5) * Math.Log(x) - x + 0.91893853320467274 + (1 / 12.0 - square * (1 / 360.0 - square * (1 / 1260.0 - square / 1680))) / x;
    }

    public static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    /// <summary>ln of "n choose k".</summary>
    public static double LogChoose(int n, int k) => LogGamma(n + 1.0) - LogGamma(k + 1.0) - LogGamma(n - k + 1.0);

    /// <summary>How many standard deviations a normal variable exceeds with probability <paramref name="tail"/>, 0 to 0.5: Acklam's rational approximation, to 1e-8.</summary>
    public static double NormalQuantile(double tail)
    {
        if (tail < 0.02425)
        {
            var q = Math.Sqrt(-2 * Math.Log(tail));
            return -(((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783)
                / ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
        }
        var r = 0.5 - tail;
        var s = r * r;
        return (((((-39.69683028665376 * s + 220.9460984245205) * s - 275.9285104469687) * s + 138.3577518672690) * s - 30.66479806614716) * s + 2.506628277459239) * r
            / (((((-54.47609879822406 * s + 161.5858368580409) * s - 155.6989798598866) * s + 66.80131188771972) * s - 13.28068155288572) * s + 1);
    }
}
