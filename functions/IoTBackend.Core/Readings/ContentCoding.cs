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
    public const string Supported = "gzip, zstd, identity, utf-8";

    /// <summary>
    /// Null = not one of ours, or more than one. What does not change the bytes may stand there too: <c>identity</c>, and
    /// <c>utf-8</c>, which IoT Hub's clients name here.
    /// </summary>
    public static ContentCoding? Of(ReadOnlySpan<char> contentEncoding)
    {
        var found = ContentCoding.Identity;
        foreach (var part in contentEncoding.Split(','))
        {
            var name = contentEncoding[part].Trim();
            if (name.IsEmpty || Is(name, "identity") || Is(name, "utf-8") || Is(name, "utf8"))
                continue;
            if (found != ContentCoding.Identity)
                return null;
            if (Is(name, "gzip") || Is(name, "x-gzip"))
                found = ContentCoding.Gzip;
            else if (Is(name, "zstd"))
                found = ContentCoding.Zstd;
            else
                return null;
        }

        return found;
    }

    private static bool Is(ReadOnlySpan<char> name, string coding) => name.Equals(coding, StringComparison.OrdinalIgnoreCase);
}
