namespace IoTBackend.Core.Readings;

/// <summary>How a body is compressed: the values of Content-Encoding that are understood.</summary>
public enum ContentCoding
{
    Identity,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 8878, with a window of at most 8 MB as RFC 9659 has it for the web.</summary>
    Zstd,
}

public static class ContentCodings
{
    public const string Supported = "gzip, zstd";

    /// <summary>Null = not one of ours.</summary>
    public static ContentCoding? Of(ReadOnlySpan<char> contentEncoding)
    {
        var coding = contentEncoding.Trim();
        if (coding.IsEmpty || coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            return ContentCoding.Identity;
        if (coding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || coding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
            return ContentCoding.Gzip;
        return coding.Equals("zstd", StringComparison.OrdinalIgnoreCase) ? ContentCoding.Zstd : null;
    }
}
