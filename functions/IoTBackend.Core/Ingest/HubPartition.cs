using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace IoTBackend.Core.Ingest;

/// <summary>
/// Where Event Hubs puts a partition key: Jenkins' 2006 <c>hashlittle2</c> over its UTF-8 bytes (both seeds 0), the low 16
/// bits of c XOR b as a signed number, modulo the count, absolute. The service, its SDK's buffered producer and this agree,
/// so ingest may fill one batch per partition and a device that sends by itself still lands beside it.
/// Source: http://burtleburtle.net/bob/c/lookup3.c; Azure SDK for .NET, PartitionResolver.
/// </summary>
public static class HubPartition
{
    /// <summary>The partition of <paramref name="key"/>, or its shard: where the number of shards is a multiple of the
    /// number of partitions, all devices of a shard are on one partition.</summary>
    public static int Of(ReadOnlySpan<char> key, int count)
    {
        Span<byte> utf8 = stackalloc byte[512];
        if (!Encoding.UTF8.TryGetBytes(key, utf8, out var length))
        {
            utf8 = Encoding.UTF8.GetBytes(key.ToArray());
            length = utf8.Length;
        }

        return Math.Abs(Hash(utf8[..length]) % count);
    }

    private static short Hash(ReadOnlySpan<byte> data)
    {
        uint a, b, c;
        a = b = c = 0xdeadbeef + (uint)data.Length;
        if (data.IsEmpty)
            return 0;
        while (data.Length > 12)
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(data);
            b += BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            c += BinaryPrimitives.ReadUInt32LittleEndian(data[8..]);
            a = (a - c) ^ BitOperations.RotateLeft(c, 4);
            c += b;
            b = (b - a) ^ BitOperations.RotateLeft(a, 6);
            a += c;
            c = (c - b) ^ BitOperations.RotateLeft(b, 8);
            b += a;
            a = (a - c) ^ BitOperations.RotateLeft(c, 16);
            c += b;
            b = (b - a) ^ BitOperations.RotateLeft(a, 19);
            a += c;
            c = (c - b) ^ BitOperations.RotateLeft(b, 4);
            b += a;
            data = data[12..];
        }

        Span<byte> tail = stackalloc byte[12];
        tail.Clear();
        data.CopyTo(tail);
        a += BinaryPrimitives.ReadUInt32LittleEndian(tail);
        b += BinaryPrimitives.ReadUInt32LittleEndian(tail[4..]);
        c += BinaryPrimitives.ReadUInt32LittleEndian(tail[8..]);
        c = (c ^ b) - BitOperations.RotateLeft(b, 14);
        a = (a ^ c) - BitOperations.RotateLeft(c, 11);
        b = (b ^ a) - BitOperations.RotateLeft(a, 25);
        c = (c ^ b) - BitOperations.RotateLeft(b, 16);
        a = (a ^ c) - BitOperations.RotateLeft(c, 4);
        b = (b ^ a) - BitOperations.RotateLeft(a, 14);
        c = (c ^ b) - BitOperations.RotateLeft(b, 24);
        return (short)(c ^ b);
    }
}
