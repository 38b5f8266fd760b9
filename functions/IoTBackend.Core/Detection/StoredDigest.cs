using System.Buffers;
using System.Text;

namespace IoTBackend.Core.Detection;

/// <summary>
/// The stored form of a digest, a contract: <c>sha256:</c> and <c>sha512:</c> with lower-case digits as the byte 255, which begins no UTF-8 text, and
/// their 32 or 64 bytes; any other as its text.
/// </summary>
internal static class StoredDigest
{
    private const byte Mark = 255;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static bool Fits(string digest) => Bytes(digest) > 0 || Encoding.UTF8.GetByteCount(digest) <= DetectionState.MaxDigestBytes;

    public static int Write(string digest, Span<byte> destination)
    {
        if (Bytes(digest) is not (> 0 and var bytes))
            return Encoding.UTF8.GetBytes(digest, destination);
        destination[0] = Mark;
        Convert.FromHexString(digest.AsSpan(7), destination[1..], out _, out _);
        return 1 + bytes;
    }

    public static string? Read(ReadOnlySpan<byte> stored) => stored switch
    {
        [] => null,
        [Mark, .. { Length: 32 } hash] => "sha256:" + Convert.ToHexStringLower(hash),
        [Mark, .. { Length: 64 } hash] => "sha512:" + Convert.ToHexStringLower(hash),
        _ => Encoding.UTF8.GetString(stored),
    };

    /// <summary>Length of the hash; 0 = it is kept as text.</summary>
    private static int Bytes(string digest)
    {
        var bytes = digest.Length switch
        {
            7 + 64 when digest.StartsWith("sha256:", StringComparison.Ordinal) => 32,
            7 + 128 when digest.StartsWith("sha512:", StringComparison.Ordinal) => 64,
            _ => 0,
        };
        return bytes > 0 && !digest.AsSpan(7).ContainsAnyExcept(Digits) ? bytes : 0;
    }
}
