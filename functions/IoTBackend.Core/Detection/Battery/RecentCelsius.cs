namespace IoTBackend.Core.Detection.Battery;

/// <summary>How warm it was when each of the latest six half days began, in steps of three degrees from -45 to 45. A value of four bytes.</summary>
internal struct RecentCelsius
{
    private const int Bits = 5;
    private const int Most = 6;
    private const double Step = 3;
    private const int Zero = 16;

    /// <summary>The latest in the lowest bits; 0 = not known.</summary>
    private uint _codes;

    /// <summary>By how many degrees it is colder than two days ago: 0 = no colder, or not known.</summary>
    public readonly double ColderBy => Math.Max(0, Day(4) - Day(0)) is var degrees && double.IsNaN(degrees) ? 0 : degrees;

    /// <summary>Takes in how warm it is as a half day begins.</summary>
    /// <param name="celsius">Null = not known.</param>
    /// <param name="halfDays">Since the one before.</param>
    public void Add(double? celsius, int halfDays)
    {
        _codes = halfDays >= Most ? 0 : _codes << (Bits * halfDays);
        if (celsius is { } degrees && double.IsFinite(degrees))
            _codes |= (uint)Math.Clamp(Math.Round(degrees / Step) + Zero, 1, (1 << Bits) - 1);
    }

    /// <summary>Two moments half a day apart are nearly the mean of their day.</summary>
    private readonly double Day(int halfDaysAgo) => (At(halfDaysAgo) + At(halfDaysAgo + 1)) / 2;

    private readonly double At(int halfDaysAgo) => (_codes >> (Bits * halfDaysAgo) & ((1 << Bits) - 1)) is > 0 and var code ? Step * ((int)code - Zero) : double.NaN;
}
