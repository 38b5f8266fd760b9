namespace IoTBackend.Core.Detection;

/// <summary>All that is remembered of one device for detection. A value: assignment copies it. At most <see cref="MaxBytes"/> stored.</summary>
public struct DetectionState
{
    /// <summary>Bound of <see cref="Write"/>, bytes.</summary>
    public const int MaxBytes = 2048;

    /// <summary>Reads what <see cref="Write"/> wrote, also what an earlier version wrote; an empty span is a device never heard.</summary>
    public static DetectionState Read(ReadOnlySpan<byte> stored) => default;

    /// <summary>Writes the state in a versioned binary form; returns the number of bytes.</summary>
    public readonly int Write(Span<byte> destination)
    {
        _ = this;
        return 0;
    }
}
