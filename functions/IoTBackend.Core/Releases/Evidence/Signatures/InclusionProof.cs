using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>
/// An entry is really in its log: the way of hashes from it leads to a root (RFC 9162, 2.1.3.2) that the log has signed (a checkpoint: C2SP
/// tlog-checkpoint, signed-note). A log that only promises could show the entry to us and hide it from those who watch the log.
/// </summary>
internal static class InclusionProof
{
    /// <summary>A tree of 2^63 entries has no longer way.</summary>
    private const int MaxHashes = 63;

    private const int MaxCheckpoint = 4096;

    /// <param name="proof">A bundle's <c>inclusionProof</c>.</param>
    /// <param name="body">The entry.</param>
    /// <param name="log">The log's key.</param>
    public static bool Holds(JsonElement proof, ReadOnlySpan<byte> body, PublicKey log)
    {
        if (Items(proof, "hashes") is { Count: > MaxHashes } || Whole(proof, "treeSize") is not { } size || Text(proof, "rootHash") is not { } root
            || Text(Object(proof, "checkpoint"), "envelope") is not { Length: <= MaxCheckpoint } checkpoint)
            return false;
        // Protobuf's JSON leaves out a 0.
        var index = Whole(proof, "logIndex") ?? 0;
        var way = (Items(proof, "hashes") ?? []).Select(h => Convert.FromBase64String(Text(h) ?? "")).ToList();
        return index >= 0 && index < size && RootOf(body, index, size, way) is { } computed && computed.AsSpan().SequenceEqual(Convert.FromBase64String(root))
            && IsSigned(checkpoint, size, root, log);
    }

    private static byte[]? RootOf(ReadOnlySpan<byte> body, long index, long size, List<byte[]> way)
    {
        var (node, last) = (index, size - 1);
        var hash = SHA256.HashData([0, .. body]);
        foreach (var sibling in way)
        {
            if (last == 0 || sibling.Length != SHA256.HashSizeInBytes)
                return null;
            if ((node & 1) == 1 || node == last)
            {
                hash = SHA256.HashData([1, .. sibling, .. hash]);
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = SHA256.HashData([1, .. hash, .. sibling]);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 ? hash : null;
    }

    private static bool IsSigned(string checkpoint, long size, string root, PublicKey log)
    {
        var end = checkpoint.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || checkpoint[..end].Split('\n') is not [_, var sizeLine, var rootLine, ..] || sizeLine != size.ToString(CultureInfo.InvariantCulture) || rootLine != root)
            return false;
        var note = Encoding.UTF8.GetBytes(checkpoint[..(end + 1)]);
        // Witnesses sign beside the log. A signature begins with four bytes of its key's id.
        return checkpoint[(end + 2)..].Split('\n').Where(line => line.StartsWith("\u2014 ", StringComparison.Ordinal)).Take(10)
            .Select(line => Convert.FromBase64String(line[(line.LastIndexOf(' ') + 1)..]))
            .Any(signature => signature.Length > 4 && Convert.ToHexStringLower(signature.AsSpan(0, 4)) == log.Id[..8] && log.Verifies(note, signature.AsSpan(4)));
    }

    private static long? Whole(JsonElement parent, string name) =>
        Number(parent, name) ?? (long.TryParse(Text(parent, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null);
}
