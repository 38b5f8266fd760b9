using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Core.Shared;

/// <summary>
/// Secrets that operators entrust to the backend (channels', registries'), as they are stored: AES-256-GCM under a key derived from
/// the master key (HKDF, RFC 5869), bound to their owner, so that a copy of the tables is worth nothing without the vault.
/// </summary>
public sealed class SealedSecrets(byte[] masterKey)
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, 32, info: "stored secrets"u8.ToArray());

    /// <param name="secret">Null stays null.</param>
    /// <param name="owner">Whose it is; another owner cannot open it.</param>
    public string? Seal(string? secret, string owner)
    {
        if (secret is null)
            return null;
        var plain = Encoding.UTF8.GetBytes(secret);
        var sealedBytes = new byte[NonceSize + TagSize + plain.Length];
        var nonce = sealedBytes.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagSize);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceSize + TagSize), sealedBytes.AsSpan(NonceSize, TagSize), Encoding.UTF8.GetBytes(owner));
        return Convert.ToBase64String(sealedBytes);
    }

    /// <exception cref="CryptographicException">Sealed under another master key or for another owner, or changed since.</exception>
    public string? Open(string? stored, string owner)
    {
        if (stored is null)
            return null;
        var sealedBytes = Convert.FromBase64String(stored);
        if (sealedBytes.Length < NonceSize + TagSize)
            throw new CryptographicException("The stored secret is cut off.");
        var plain = new byte[sealedBytes.Length - NonceSize - TagSize];
        using var aes = new AesGcm(_key, TagSize);
        aes.Decrypt(
            sealedBytes.AsSpan(0, NonceSize), sealedBytes.AsSpan(NonceSize + TagSize), sealedBytes.AsSpan(NonceSize, TagSize), plain, Encoding.UTF8.GetBytes(owner));
        return Encoding.UTF8.GetString(plain);
    }
}
