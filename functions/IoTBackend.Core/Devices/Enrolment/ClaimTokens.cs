using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Core.Devices.Enrolment;

/// <summary>
/// Claims' tokens, computed rather than stored, as devices' keys are: <c>iotc.{id}.{base64url(HMACSHA256(key, id))}</c>, the key derived
/// from the master key. So a copy of the tables holds nothing to enrol with, and a token that was made up costs no read of a store.
/// </summary>
public sealed class ClaimTokens(byte[] masterKey)
{
    private const string Prefix = "iotc.";
    private const int IdBytes = 10;
    private const int IdLength = 2 * IdBytes;

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, 32, info: "claim tokens"u8.ToArray());

    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    public string Of(string claimId) => $"{Prefix}{claimId}.{Base64Url.EncodeToString(Sign(claimId))}";

    /// <summary>The claim that a token is of; null = it was not made here.</summary>
    public string? Read(string token)
    {
        if (token.Length <= Prefix.Length + IdLength || !token.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var id = token.Substring(Prefix.Length, IdLength);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(Of(id))) ? id : null;
    }

    private byte[] Sign(string claimId) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(claimId));
}
