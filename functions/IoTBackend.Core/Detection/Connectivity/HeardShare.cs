namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>
/// How much of what a device sends gets through of late, and how much usually does: by its counter, or, without one, by how often it is heard.
/// A section of the stored state of its own.
/// </summary>
internal struct HeardShare
{
    /// <summary>Messages due that "of late" spans.</summary>
    private const float Late = 5;

    /// <summary>Messages over which is learned what is usual, and after how many it is believed.</summary>
    private const int Usually = 300;
    private const int Fewest = 50;

    /// <summary>Two gaps in a row that are alike to a tenth are how the device reports now: losses by chance differ.</summary>
    private const float Alike = 0.1f;

    /// <summary>One hole, however long, says that the device was gone; several say that it is heard badly.</summary>
    private const float MostOfHole = 3;

    /// <summary>A gap in which a message was lost, in usual gaps.</summary>
    private const float Lost = 1.6f;

    private float _heard;
    private float _due;
    private float _usual;
    private float _scatter;

    /// <summary>Mean gap, seconds.</summary>
    private float _gap;

    /// <summary>The latest gap, seconds; negative where messages were lost in it.</summary>
    private float _latestGap;
    private int _count;

    /// <summary>Enough is known to compare with.</summary>
    public readonly bool IsKnown => _count >= Fewest;

    /// <summary>Usual time between two messages heard, seconds; 0 = not known.</summary>
    public readonly float GapSeconds => _gap;

    /// <summary>A message was heard.</summary>
    /// <param name="gapSeconds">Since the one before; what the backend lost itself is no gap.</param>
    /// <param name="lost">Lost between them by its counter, -1 = this one was counted as lost; null = it does not say.</param>
    public void Take(float gapSeconds, long? lost)
    {
        if (_count == 0)
            (_gap, _heard, _due, _usual) = (gapSeconds, Late, Late, 1);
        var before = Math.Abs(_latestGap);
        var due = lost is { } missing ? Math.Clamp(missing + 1, 0, MostOfHole)
            : Math.Abs(gapSeconds - before) <= Alike * gapSeconds ? 1
            : Math.Clamp(gapSeconds / Math.Max(_gap, 0.001f), 0, MostOfHole);
        // Without a counter one long gap may be a slower rhythm; two that differ are none.
        _latestGap = (lost is { } some ? some > 0 : due > Lost && before > Lost * _gap) ? -gapSeconds : gapSeconds;
        var keep = MathF.Exp(-due / Late);
        (_heard, _due) = (_heard * keep + 1, _due * keep + due);
        _count = Math.Min(_count + 1, Fewest);
        var memory = _count < Fewest ? _count : Usually;
        var rate = Math.Min(1, Math.Min(due, Late) / memory);
        var share = _heard / _due;
        _usual += (share - _usual) * rate;
        _scatter += (Math.Abs(share - _usual) - _scatter) * rate;
        _gap += (Math.Min(gapSeconds, Late * _gap) - _gap) / memory;
    }

    /// <summary>Messages were lost before the latest one that was heard.</summary>
    public readonly bool HasLost => _latestGap < 0;

    /// <summary>What it was silent for is explained: it is heard as usual until shown otherwise.</summary>
    public void Forgive() => (_heard, _due) = (_usual * Late, Late);

    /// <summary>Mean deviation from what is usual, as a share of it: a device that comes and goes says little.</summary>
    public readonly double Scatter => _scatter / Math.Max(_usual, 1e-3);

    /// <summary>Of late against usual, 0 to 1.</summary>
    /// <param name="silentSeconds">Since it was heard last.</param>
    public readonly double AgainstUsual(double silentSeconds)
    {
        var due = _gap <= 0 ? 0 : Math.Clamp(silentSeconds / _gap - 1, 0, MostOfHole);
        var keep = Math.Exp(-due / Late);
        return Math.Clamp(_heard * keep / Math.Max(_due * keep + due, 1e-3) / Math.Max(_usual, 1e-3), 0, 1);
    }
}
