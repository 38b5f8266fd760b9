namespace IoTBackend.Core.Readings;

/// <summary>What some editors and libraries put in front of UTF-8. JSON must not begin with it and a reader may skip it (RFC 8259 section 8.1).</summary>
public static class ByteOrderMark
{
    /// <summary>Its length at the beginning of <paramref name="text"/>: 3 or 0 bytes.</summary>
    public static int Of(ReadOnlySpan<byte> text) => text.StartsWith("\uFEFF"u8) ? 3 : 0;
}
