using System.Runtime.CompilerServices;

namespace IoTBackend.Agent.Engine;

/// <summary>Lines of a stream, without their ends; one that is too long is left out.</summary>
internal static class BoundedLines
{
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream stream, int maxBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[maxBytes];
        var (filled, skipping) = (0, false);
        while (await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken) is var read and > 0)
        {
            filled += read;
            var start = 0;
            while (buffer.AsSpan(start, filled - start).IndexOf((byte)'\n') is var length and >= 0)
            {
                if (!skipping && length > 0)
                    yield return buffer.AsMemory(start, length);
                skipping = false;
                start += length + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
                (filled, skipping) = (0, true);
        }

        if (!skipping && filled > 0)
            yield return buffer.AsMemory(0, filled);
    }
}
