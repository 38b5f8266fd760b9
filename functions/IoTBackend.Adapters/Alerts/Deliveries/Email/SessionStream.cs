namespace IoTBackend.Adapters.Alerts.Deliveries.Email;

/// <summary>
/// A connection from which no more is read than a session with an e-mail server takes: MailKit keeps an answer of many lines until its last, and
/// reads a line to its end.
/// </summary>
internal sealed class SessionStream(Stream connection) : Stream
{
    /// <summary>Bytes in a session, certificates included; one that takes a mail says some two thousand.</summary>
    private const int MaxRead = 256 * 1024;

    private int _read;

    public override bool CanRead => connection.CanRead;

    public override bool CanWrite => connection.CanWrite;

    public override bool CanSeek => false;

    public override bool CanTimeout => connection.CanTimeout;

    public override int ReadTimeout
    {
        get => connection.ReadTimeout;
        set => connection.ReadTimeout = value;
    }

    public override int WriteTimeout
    {
        get => connection.WriteTimeout;
        set => connection.WriteTimeout = value;
    }

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Count(connection.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await connection.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => connection.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => connection.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Flush() => connection.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connection.Dispose();
        base.Dispose(disposing);
    }

    private int Count(int read) => (_read += read) <= MaxRead ? read : throw new IOException($"The server says more than {MaxRead} bytes.");
}
