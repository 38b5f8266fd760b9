using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Functions.Http;

/// <summary>
/// Where the next page of a list begins, as callers carry it: the position with a check that it is one of this list, so that
/// another list's, or one that was typed, is refused rather than taken for a place.
/// </summary>
internal static class Continuation
{
    private const int CheckBytes = 6;

    /// <param name="list">Name of the list.</param>
    /// <param name="position">In the store's terms; null = there is no next page.</param>
    public static string? Write(string list, string? position) =>
        position is null ? null : Base64Url.EncodeToString([.. Check(list, Encoding.UTF8.GetBytes(position)), .. Encoding.UTF8.GetBytes(position)]);

    /// <summary>False = not written for this list. Without a continuation the position is null: from the start.</summary>
    public static bool TryRead(string list, string? continuation, out string? position)
    {
        position = null;
        if (continuation is null)
            return true;
        if (!Base64Url.IsValid(continuation) || Base64Url.DecodeFromChars(continuation) is not { Length: > CheckBytes } bytes)
            return false;
        if (!Check(list, bytes.AsSpan(CheckBytes)).SequenceEqual(bytes.AsSpan(0, CheckBytes)))
            return false;
        position = Encoding.UTF8.GetString(bytes.AsSpan(CheckBytes));
        return true;
    }

    private static ReadOnlySpan<byte> Check(string list, ReadOnlySpan<byte> position) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(list), (byte)'\n', .. position]).AsSpan(0, CheckBytes);
}
