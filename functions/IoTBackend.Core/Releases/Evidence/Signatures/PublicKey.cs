using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>An ECDSA or RSA public key. The hash follows from the key, never from what is checked.</summary>
internal sealed class PublicKey : IDisposable
{
    private readonly ECDsa? _ec;
    private readonly RSA? _rsa;

    private PublicKey(ECDsa? ec, RSA? rsa) => (_ec, _rsa, Id) = (ec, rsa, IdOf(((AsymmetricAlgorithm?)ec ?? rsa)!.ExportSubjectPublicKeyInfo()));

    /// <summary>SHA-256 of the key itself, in hex: the same key under another certificate is the same signer.</summary>
    public string Id { get; }

    public int KeySize => _ec?.KeySize ?? _rsa!.KeySize;

    public bool IsEllipticCurve => _ec is not null;

    public static string IdOf(ReadOnlySpan<byte> subjectPublicKeyInfo) => Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo));

    public static PublicKey? Read(string pem)
    {
        try
        {
            var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            return Usable(new(ec, null));
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            try
            {
                var rsa = RSA.Create();
                rsa.ImportFromPem(pem);
                return Usable(new(null, rsa));
            }
            catch (Exception other) when (IsUnreadable(other))
            {
                return null;
            }
        }
    }

    public static PublicKey? Of(X509Certificate2 certificate) =>
        certificate.GetECDsaPublicKey() is { } ec ? Usable(new(ec, null)) : certificate.GetRSAPublicKey() is { } rsa ? Usable(new(null, rsa)) : null;

    /// <summary>As cosign, sigstore and Rekor sign: ECDSA in DER, or RSA PKCS#1, over SHA-256 for P-256 and RSA, SHA-384 and SHA-512 for the larger curves.</summary>
    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => Guarded(data, signature, (ec, rsa, d, s) => ec is not null
        ? ec.VerifyData(d, s, SHA256OrLarger(ec), DSASignatureFormat.Rfc3279DerSequence) || (ec.KeySize > 256 && ec.VerifyData(d, s, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
        : rsa!.VerifyData(d, s, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    /// <summary>Over a digest (SHA-256) that is known, of content that is not at hand.</summary>
    public bool VerifiesHash(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature) => Guarded(hash, signature, (ec, rsa, h, s) => ec is not null
        ? ec.VerifyHash(h, s, DSASignatureFormat.Rfc3279DerSequence)
        : rsa!.VerifyHash(h, s, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    /// <summary>As JOSE and COSE sign: ECDSA as r and s in fixed length, RSA with PSS.</summary>
    public bool VerifiesFixed(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash) => Guarded(data, signature, (ec, rsa, d, s) => ec is not null
        ? ec.VerifyData(d, s, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
        : rsa!.VerifyData(d, s, hash, RSASignaturePadding.Pss));

    public void Dispose()
    {
        _ec?.Dispose();
        _rsa?.Dispose();
    }

    /// <summary>A curve that this machine does not have is one of a platform that is not supported.</summary>
    private static bool IsUnreadable(Exception e) => e is CryptographicException or ArgumentException or PlatformNotSupportedException;

    private delegate bool Check(ECDsa? ec, RSA? rsa, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    private bool Guarded(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, Check check)
    {
        try
        {
            return check(_ec, _rsa, data, signature);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static HashAlgorithmName SHA256OrLarger(ECDsa key) => key.KeySize switch
    {
        <= 256 => HashAlgorithmName.SHA256,
        <= 384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    // Shorter ones have not been worth anything for years.
    private static PublicKey? Usable(PublicKey key) => key.IsEllipticCurve ? (key.KeySize >= 256 ? key : null) : key.KeySize >= 2048 ? key : null;
}
