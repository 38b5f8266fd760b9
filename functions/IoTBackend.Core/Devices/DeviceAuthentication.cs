using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>
/// Judges a device's credential, IoT Hub's shared access signature, from memory alone: no table is read, and nothing is
/// allocated for a token seen before. Signed is <c>sr</c> as sent, a line feed and <c>se</c> as sent.
/// </summary>
/// <param name="hostName">Host that <c>sr</c> must name; null = any.</param>
public sealed class DeviceAuthentication(DeviceKeys keys, IDeviceExceptions exceptions, TimeProvider time, string? hostName)
{
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(30);

    /// <summary>How far back a wrong signature is looked for among retired keys, to tell the developer that it is one.</summary>
    private const int RetiredGenerations = 4;

    private readonly VerifiedTokens _verified = new();

    /// <param name="authorizationHeader">The header's value; empty = none was sent.</param>
    /// <param name="deviceId">From the request's path; compared exactly.</param>
    /// <exception cref="UnavailableException">The list of exceptions was not read yet.</exception>
    public AuthenticationResult Verify(string authorizationHeader, string deviceId)
    {
        if (authorizationHeader.Length == 0)
            return AuthenticationResult.Missing;
        var now = time.GetUtcNow();
        var exception = exceptions.Of(deviceId);
        if (_verified.Holds(authorizationHeader, deviceId, exception, now.ToUnixTimeSeconds()))
            return AuthenticationResult.Valid;
        if (!SharedAccessSignature.TryParse(authorizationHeader, out var token))
            return AuthenticationResult.Malformed;
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!TryReadSignature(token.Signature, signature))
            return AuthenticationResult.Malformed;
        if (!Name.IsValid(deviceId) || !Names(token.Resource, deviceId))
            return AuthenticationResult.WrongDevice;
        if (token.Expiry <= now.ToUnixTimeSeconds())
            return AuthenticationResult.Expired;
        if (token.Expiry > (now + MaxLifetime).ToUnixTimeSeconds())
            return AuthenticationResult.TooLong;

        Span<byte> message = stackalloc byte[token.Resource.Length + 1 + token.ExpiryText.Length];
        var length = Encoding.ASCII.GetBytes(token.Resource, message);
        message[length++] = (byte)'\n';
        Encoding.ASCII.GetBytes(token.ExpiryText, message[length..]);
        var result = Judge(deviceId, exception, message, signature);
        if (result == AuthenticationResult.Valid)
            _verified.Add(authorizationHeader, deviceId, exception, token.Expiry);
        return result;
    }

    private AuthenticationResult Judge(string deviceId, DeviceException exception, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var oldest = Math.Max(0, exception.Generation - 1 - RetiredGenerations);
        for (var generation = exception.Generation; generation >= oldest; generation--)
        {
            if (IsSigned(deviceId, generation, message, signature))
            {
                var current = generation >= exception.Generation - 1;
                return current && exception is { Enabled: true, Deleted: false } ? AuthenticationResult.Valid : AuthenticationResult.Revoked;
            }
        }

        return AuthenticationResult.WrongSignature;
    }

    private bool IsSigned(string deviceId, int generation, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> key = stackalloc byte[DeviceKeys.Size];
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        keys.Derive(deviceId, generation, key);
        HMACSHA256.HashData(key, message, expected);
        return CryptographicOperations.FixedTimeEquals(expected, signature);
    }

    private static bool TryReadSignature(ReadOnlySpan<char> encoded, Span<byte> signature)
    {
        // 44 characters of base64, each of them escaped at worst.
        const int Base64Length = 44;
        Span<char> base64 = stackalloc char[3 * Base64Length];
        return encoded.Length <= base64.Length
            && SharedAccessSignature.TryDecode(encoded, base64, out var length)
            && length == Base64Length
            && Convert.TryFromBase64Chars(base64[..length], signature, out var written)
            && written == signature.Length;
    }

    private bool Names(ReadOnlySpan<char> encodedResource, string deviceId)
    {
        const string Devices = "devices/";
        Span<char> resource = stackalloc char[encodedResource.Length];
        if (!SharedAccessSignature.TryDecode(encodedResource, resource, out var length))
            return false;
        resource = resource[..length];
        var slash = resource.IndexOf('/');
        if (slash < 0)
            return false;
        var path = resource[(slash + 1)..];
        return (hostName is null || resource[..slash].Equals(hostName, StringComparison.OrdinalIgnoreCase))
            && path.StartsWith(Devices, StringComparison.Ordinal)
            && path[Devices.Length..].SequenceEqual(deviceId);
    }
}
