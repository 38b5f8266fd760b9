namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What the device's message counter says about one arrival.</summary>
internal enum SequenceStep
{
    /// <summary>No counter, or nothing to compare with.</summary>
    Unknown,

    /// <summary>The next message, or a later one with messages lost between.</summary>
    Forward,

    /// <summary>The same message again.</summary>
    Repeat,

    /// <summary>A message counted as lost came after all.</summary>
    Late,

    /// <summary>The counter started over.</summary>
    Reset,

    /// <summary>A value that fits nothing yet: the next one decides between a reset and a stray.</summary>
    Stray,
}

/// <summary>Counts lost messages by the device's own counter and tells losses from resets, wraps, repeats and re-ordering.</summary>
internal struct SequenceCounter
{
    private const int Window = 64;

    private long _last;
    private long _lastAt;
    private long _stray;
    private long _strayAt;

    /// <summary>Bit i: message <c>_last - 1 - i</c> is counted as lost and may still come.</summary>
    private ulong _missing;
    private float _secondsPerMessage;
    private int _messages;

    /// <summary>Messages lost in all.</summary>
    public long Lost { get; private set; }

    /// <summary>Messages received, repeats left out.</summary>
    public long Received { get; private set; }

    /// <summary>Typical time between two messages sent, by the counter, seconds; 0 = not known.</summary>
    public readonly double SecondsPerMessage => _secondsPerMessage;

    /// <summary>Takes a counter value; <paramref name="lost"/> is what it adds to the losses (-1 for a late message).</summary>
    /// <param name="sequence">The counter's value.</param>
    /// <param name="at">When it arrived, Unix milliseconds.</param>
    /// <param name="isSoon">Too soon to say how often the device sends.</param>
    /// <param name="lost">See above.</param>
    public SequenceStep Take(long sequence, long at, bool isSoon, out long lost)
    {
        lost = 0;
        if (_messages == 0)
            return Begin(sequence, at);
        var step = Step(sequence, at);
        if (step == 0)
            return SequenceStep.Repeat;
        if (step < 0)
            return Back(sequence, step, at, out lost);
        if (_strayAt != 0 && sequence > _stray && sequence - _stray <= Plausible(at - _strayAt) && step > Plausible(at - _lastAt))
            return Restart(sequence, at, out lost);
        _strayAt = 0;
        lost = step - 1 <= Plausible(at - _lastAt) ? step - 1 : 0;
        if (!isSoon)
            Learn((at - _lastAt) / 1000.0 / step);
        _missing = step > Window ? 0 : step == Window ? (1UL << (Window - 1)) - 1 : _missing << (int)step | (lost > 0 ? (1UL << ((int)step - 1)) - 1 : 0);
        Move(sequence, at, lost);
        return SequenceStep.Forward;
    }

    private SequenceStep Begin(long sequence, long at)
    {
        Move(sequence, at, 0);
        return SequenceStep.Unknown;
    }

    private SequenceStep Back(long sequence, long step, long at, out long lost)
    {
        lost = 0;
        var bit = -step - 1;
        if (bit < Window && (_missing >> (int)bit & 1) != 0)
        {
            _missing &= ~(1UL << (int)bit);
            lost = -1;
            Lost--;
            Received++;
            return SequenceStep.Late;
        }
        if (_strayAt != 0)
        {
            if (sequence == _stray)
                return SequenceStep.Repeat;
            return Restart(sequence, at, out lost);
        }
        _stray = sequence;
        _strayAt = Math.Max(1, at);
        return SequenceStep.Stray;
    }

    /// <summary>Two values in a row do not fit the old count: it started over with the first of them.</summary>
    private SequenceStep Restart(long sequence, long at, out long lost)
    {
        var step = sequence - _stray;
        lost = step > 1 && step - 1 <= Plausible(at - _strayAt) ? step - 1 : 0;
        _strayAt = 0;
        _missing = 0;
        Received++;
        Move(sequence, at, lost);
        return SequenceStep.Reset;
    }

    /// <summary>After a silence one value is enough: nothing else explains a counter that went back. True when it did.</summary>
    public bool Settle()
    {
        if (_strayAt == 0)
            return false;
        var (sequence, at) = (_stray, _strayAt);
        _strayAt = 0;
        _missing = 0;
        Move(sequence, at, 0);
        return true;
    }

    private void Move(long sequence, long at, long lost)
    {
        _last = sequence;
        _lastAt = at;
        _messages = Math.Min(_messages + 1, 1_000_000);
        Received++;
        Lost += lost;
    }

    /// <summary>Steps a counter can have made in that time, generously: three times as fast as usual.</summary>
    private readonly double Plausible(long milliseconds) =>
        _secondsPerMessage > 0 ? 3 * milliseconds / 1000.0 / _secondsPerMessage + 10 : 10;

    /// <summary>How far the counter moved, a wrap at 8, 16 or 32 bits undone where it explains the value.</summary>
    private readonly long Step(long sequence, long at)
    {
        var step = unchecked(sequence - _last);
        if (step >= 0 || _secondsPerMessage == 0)
            return Math.Clamp(step, -1_000_000_000_000, 1_000_000_000_000);
        foreach (var size in (ReadOnlySpan<long>)[1L << 8, 1L << 16, 1L << 32])
        {
            if (_last < size && _last >= size - size / 16 && sequence >= 0 && step + size <= Plausible(at - _lastAt) && sequence <= size / 16)
                return step + size;
        }
        return Math.Max(step, -1_000_000_000_000);
    }

    /// <summary>Median by small steps: robust to silences, a few operations per message.</summary>
    private void Learn(double seconds)
    {
        if (seconds <= 0)
            return;
        if (_secondsPerMessage == 0)
            _secondsPerMessage = (float)seconds;
        var rate = _messages < 50 ? 1.1f : 1.02f;
        _secondsPerMessage = Math.Clamp(seconds > _secondsPerMessage ? _secondsPerMessage * rate : _secondsPerMessage / rate, 0.01f, 1e7f);
    }
}
