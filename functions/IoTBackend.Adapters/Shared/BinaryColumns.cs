using System.IO.Compression;
using Azure.Data.Tables;

namespace IoTBackend.Adapters.Shared;

/// <summary>
/// Bytes that may be more than a column of the Table service holds (64 KiB): then gzipped and, where that does not suffice, in further
/// columns, <c>State2</c>, <c>State3</c> ... A row holds 1 MiB.
/// </summary>
internal static class BinaryColumns
{
    private const int MaxColumn = 64 << 10;

    /// <summary>Of gzip (RFC 1952); no JSON and no version byte of ours begins so.</summary>
    private static ReadOnlySpan<byte> Magic => [0x1f, 0x8b];

    public static void Write(TableEntity entity, string column, byte[] bytes)
    {
        if (bytes.Length > MaxColumn)
            bytes = Compress(bytes);
        entity[column] = bytes.Length <= MaxColumn ? bytes : bytes[..MaxColumn];
        for (var at = MaxColumn; at < bytes.Length; at += MaxColumn)
            entity[$"{column}{(at / MaxColumn) + 1}"] = bytes[at..Math.Min(at + MaxColumn, bytes.Length)];
    }

    public static byte[] Read(TableEntity entity, string column)
    {
        var bytes = entity.GetBinary(column);
        for (var i = 2; entity.GetBinary($"{column}{i}") is { } more; i++)
            bytes = [.. bytes, .. more];
        if (!bytes.AsSpan().StartsWith(Magic))
            return bytes;
        using var inflated = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
            gzip.CopyTo(inflated);
        return inflated.ToArray();
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return compressed.ToArray();
    }
}
