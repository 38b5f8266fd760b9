using System.Globalization;

namespace IoTBackend.Core.Devices;

/// <summary>The parts of <c>SharedAccessSignature sr=...&amp;sig=...&amp;se=...</c> as they were sent; slices of the header, no copies.</summary>
internal readonly ref struct SharedAccessSignature
{
    private const string Scheme = "SharedAccessSignature ";

    /// <summary>A host name, an id and every character escaped fit well within it.</summary>
    private const int MaxHeaderLength = 1024;

    /// <summary>The resource, still URL-encoded: what is signed.</summary>
    public ReadOnlySpan<char> Resource { get; private init; }

    /// <summary>The signature, URL-encoded base64.</summary>
    public ReadOnlySpan<char> Signature { get; private init; }

    /// <summary>The expiry as sent: what is signed.</summary>
    public ReadOnlySpan<char> ExpiryText { get; private init; }

    /// <summary>Seconds since 1970-01-01 UTC.</summary>
    public long Expiry { get; private init; }

    public static bool TryParse(ReadOnlySpan<char> header, out SharedAccessSignature signature)
    {
        signature = default;
        if (header.Length > MaxHeaderLength || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        ReadOnlySpan<char> resource = default, signed = default, expiry = default;
        var fields = header[Scheme.Length..].Trim(' ');
        foreach (var range in fields.Split('&'))
        {
            var field = fields[range];
            var equals = field.IndexOf('=');
            if (equals < 0)
                return false;
            var value = field[(equals + 1)..];
            var ok = field[..equals] switch
            {
                "sr" => Take(ref resource, value),
                "sig" => Take(ref signed, value),
                "se" => Take(ref expiry, value),
                // Device SDKs send it empty; a name would mean a policy's key, of which there are none.
                "skn" => value.IsEmpty,
                _ => false,
            };
            if (!ok)
                return false;
        }

        // Fifteen digits cannot overflow, and let milliseconds sent by mistake be told from rubbish.
        if (resource.IsEmpty || signed.IsEmpty || expiry.Length > 15
            || !long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return false;
        signature = new() { Resource = resource, Signature = signed, ExpiryText = expiry, Expiry = seconds };
        return true;

        static bool Take(ref ReadOnlySpan<char> part, ReadOnlySpan<char> value)
        {
            if (!part.IsEmpty || value.IsEmpty)
                return false;
            part = value;
            return true;
        }
    }

    /// <summary>Undoes percent-encoding; false for a broken escape or anything outside ASCII.</summary>
    public static bool TryDecode(ReadOnlySpan<char> encoded, Span<char> decoded, out int length)
    {
        length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var c = encoded[i];
            if (c == '%')
            {
                if (!byte.TryParse(encoded.Slice(i + 1, Math.Min(2, encoded.Length - i - 1)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
                    || i + 2 >= encoded.Length)
                    return false;
                c = (char)value;
                i += 2;
            }

            if (!char.IsAscii(c))
                return false;
            decoded[length++] = c;
        }

        return true;
    }
}
