using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using IoTBackend.Core.Shared;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace IoTBackend.Core.Readings;

/// <summary>A request's body in a pooled buffer, inflated where it came compressed.</summary>
public sealed class TelemetryBody : IDisposable
{
    /// <summary>Bytes as sent.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Bytes after inflation: what fits into one event of the hub (1 MiB) with room for its envelope.</summary>
    public const int MaxInflatedBytes = 768 * 1024;

    /// <summary>8 MB, RFC 9659: what a decoder must be ready to hold, and no more.</summary>
    private const int MaxZstdWindowLog = 23;

    private byte[] _buffer;
    private int _length;

    private TelemetryBody(int size) => _buffer = ArrayPool<byte>.Shared.Rent(size);

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>Reads to the end, or until it is too large: null.</summary>
    public static async ValueTask<TelemetryBody?> ReadAsync(Stream source, long? contentLength, CancellationToken cancellationToken)
    {
        if (contentLength > MaxBytes)
            return null;
        var body = new TelemetryBody((int)(contentLength + 1 ?? 4096));
        if (await body.FillAsync(source, MaxBytes, cancellationToken))
            return body;
        body.Dispose();
        return null;
    }

    /// <summary>Inflates a body. Refused: what is not of that coding, and what grows past <see cref="MaxInflatedBytes"/>.</summary>
    /// <param name="compressed">A few bytes may claim to be very many: nothing is taken from what they say of their size.</param>
    /// <param name="coding">Not <see cref="ContentCoding.Identity"/>.</param>
    public static Result<TelemetryBody> Inflate(ReadOnlyMemory<byte> compressed, ContentCoding coding)
    {
        var inflated = new TelemetryBody(Math.Clamp(compressed.Length * 4, 4096, MaxInflatedBytes));
        var reason = inflated.TryInflate(compressed, coding);
        if (reason is null)
            return inflated;
        inflated.Dispose();
        return Result<TelemetryBody>.Rejected(reason);
    }

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private string? TryInflate(ReadOnlyMemory<byte> compressed, ContentCoding coding)
    {
        try
        {
            using var source = MemoryMarshal.TryGetArray(compressed, out var array)
                ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
                : new MemoryStream(compressed.ToArray());
            using var inflating = Open(source, coding);
            while (true)
            {
                if (_length == _buffer.Length)
                    Grow();
                var read = inflating.Read(_buffer, _length, _buffer.Length - _length);
                if (read == 0)
                    return null;
                _length += read;
                if (_length > MaxInflatedBytes)
                    return $"The body inflates to more than {MaxInflatedBytes} bytes.";
            }
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            return $"The body is not valid {coding.ToString().ToLowerInvariant()}.";
        }
    }

    private static Stream Open(Stream source, ContentCoding coding)
    {
        switch (coding)
        {
            case ContentCoding.Gzip:
                return new GZipStream(source, CompressionMode.Decompress);
            case ContentCoding.Zstd:
                var zstd = new DecompressionStream(source);
                zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxZstdWindowLog);
                return zstd;
            default:
                throw new ArgumentOutOfRangeException(nameof(coding), coding, null);
        }
    }

    private async ValueTask<bool> FillAsync(Stream source, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_length == _buffer.Length)
                Grow();
            var read = await source.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
            if (read == 0)
                return true;
            _length += read;
            if (_length > limit)
                return false;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
