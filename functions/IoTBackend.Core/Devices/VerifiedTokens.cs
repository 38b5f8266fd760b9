using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IoTBackend.Core.Devices;

/// <summary>
/// Tokens that were found valid, so that a device which sends the same one for hours is not computed two HMACs for at every request.
/// A table of fixed size with one place per hash: nobody without a key gets in, and who is overwritten is computed again.
/// </summary>
internal sealed class VerifiedTokens
{
    private const int Places = 1 << 14;

    private readonly Verified?[] _places = new Verified?[Places];

    /// <param name="header">Compared in constant time: how far a made-up token agrees is nobody's to learn.</param>
    /// <param name="deviceId">As requested.</param>
    /// <param name="device">As it is now; what was verified for a device before it was rotated, disabled or deleted is not valid any more.</param>
    /// <param name="now">Seconds since 1970-01-01 UTC.</param>
    public bool Holds(string header, string deviceId, DeviceException device, long now) =>
        Volatile.Read(ref Place(deviceId)) is { } verified
        && now < verified.Expiry
        && verified.Device == device
        && verified.DeviceId == deviceId
        && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(header.AsSpan()), MemoryMarshal.AsBytes(verified.Header.AsSpan()));

    /// <param name="expiry">Of the token, seconds since 1970-01-01 UTC.</param>
    public void Add(string header, string deviceId, DeviceException device, long expiry) =>
        Volatile.Write(ref Place(deviceId), new(header, deviceId, device, expiry));

    private ref Verified? Place(string deviceId) => ref _places[deviceId.GetHashCode(StringComparison.Ordinal) & (Places - 1)];

    private sealed record Verified(string Header, string DeviceId, DeviceException Device, long Expiry);
}
