using System.Buffers;
using System.IO.Compression;

namespace IoTBackend.Core.Telemetry;

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
    public static async Task<TelemetryBody?> ReadAsync(Stream source, long? contentLength, CancellationToken cancellationToken)
    {
        if (contentLength > MaxBytes)
            return null;
        var body = new TelemetryBody((int)Math.Max(contentLength + 1 ?? 0, 4096));
        if (await body.FillAsync(source, MaxBytes, cancellationToken))
            return body;
        body.Dispose();
        return null;
    }

    /// <summary>Inflates gzip. Refused: what is not gzip, and what grows past <see cref="MaxInflatedBytes"/>.</summary>
    public async Task<Result<TelemetryBody>> InflateAsync(CancellationToken cancellationToken)
    {
        var inflated = new TelemetryBody(Math.Clamp(_length * 4, 4096, MaxInflatedBytes));
        try
        {
            using var source = new MemoryStream(_buffer, 0, _length);
            await using var gzip = new GZipStream(source, CompressionMode.Decompress);
            if (await inflated.FillAsync(gzip, MaxInflatedBytes, cancellationToken))
                return inflated;
            inflated.Dispose();
            return Result<TelemetryBody>.Rejected($"The body inflates to more than {MaxInflatedBytes} bytes.");
        }
        catch (InvalidDataException)
        {
            inflated.Dispose();
            return Result<TelemetryBody>.Rejected("The body is not valid gzip.");
        }
    }

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
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
