using System.Buffers.Binary;
using System.Text;

namespace IoTBackend.Agent.Engine;

/// <summary>A command's output as the engine sends it: frames of eight bytes (stream, three zeros, length in big-endian) and content ("Attach to a container").</summary>
internal static class AttachedOutput
{
    /// <summary>Reads to the end; keeps the first <paramref name="most"/> bytes of output and errors together.</summary>
    public static async Task<string> ReadAsync(Stream stream, int most, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var (head, chunk) = (new byte[8], new byte[4096]);
        while (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) == head.Length)
        {
            for (var left = (long)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)); left > 0;)
            {
                var read = await stream.ReadAsync(chunk.AsMemory(0, (int)Math.Min(left, chunk.Length)), cancellationToken);
                if (read == 0)
                    break;
                left -= read;
                kept.Write(chunk, 0, (int)Math.Min(read, Math.Max(0, most - kept.Length)));
            }
        }

        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }
}
