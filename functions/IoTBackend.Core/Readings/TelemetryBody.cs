using System.Buffers;

namespace IoTBackend.Core.Readings;

/// <param name="Body">Null = refused.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsTooLarge">It grows past <see cref="TelemetryBody.MaxInflatedBytes"/>; else it is not what it says it is.</param>
public readonly record struct InflatedBody(TelemetryBody? Body, string? Reason, bool IsTooLarge);

/// <summary>A request's body in a pooled buffer, inflated where it came compressed.</summary>
public sealed class TelemetryBody : IDisposable
{
    /// <summary>Bytes as sent.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Bytes after inflation: what fits into one event of the hub (1 MiB) with room for its envelope.</summary>
    public const int MaxInflatedBytes = 768 * 1024;

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

    /// <summary>Inflates a body whole, or not at all: what is cut off, or fails its checksum, is not taken for what came before the cut.</summary>
    /// <param name="compressed">A few bytes may claim to be very many: nothing is taken from what they say of their size.</param>
    /// <param name="coding">Not <see cref="ContentCoding.Identity"/>.</param>
    public static InflatedBody Inflate(ReadOnlyMemory<byte> compressed, ContentCoding coding)
    {
        var body = new TelemetryBody(Math.Clamp(compressed.Length * 4, 4096, MaxInflatedBytes));
        var inflated = coding switch
        {
            ContentCoding.Gzip => Gzip.TryInflate(compressed, body),
            ContentCoding.Zstd => Zstd.TryInflate(compressed.Span, body),
            _ => throw new ArgumentOutOfRangeException(nameof(coding), coding, null),
        };
        if (inflated == true)
            return new(body, null, false);
        body.Dispose();
        return inflated is null
            ? new(null, $"The body inflates to more than {MaxInflatedBytes} bytes.", true)
            : new(null, $"The body is not whole and valid {coding.ToString().ToLowerInvariant()}.", false);
    }

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Reads to the end; false = it is larger than what is allowed of an inflated body.</summary>
    internal bool TryFill(Stream source)
    {
        while (true)
        {
            if (_length == _buffer.Length)
                Grow();
            var read = source.Read(_buffer, _length, _buffer.Length - _length);
            if (read == 0)
                return true;
            _length += read;
            if (_length > MaxInflatedBytes)
                return false;
        }
    }

    /// <summary>All of its room.</summary>
    internal Span<byte> Room(int size)
    {
        while (_buffer.Length < size)
            Grow();
        return _buffer.AsSpan(0, size);
    }

    internal void SetLength(int length) => _length = length;

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
