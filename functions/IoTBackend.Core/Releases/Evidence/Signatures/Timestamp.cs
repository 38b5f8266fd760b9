using System.Formats.Asn1;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>An authority that a track trusts says when a signature was there (RFC 3161): the signer's certificate is judged as of then.</summary>
internal static class Timestamp
{
    private const string TimeStamping = "1.3.6.1.5.5.7.3.8";

    /// <summary>SHA-256, SHA-384 and SHA-512 (NIST CSOR).</summary>
    private static readonly string[] Hashes = ["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"];

    /// <param name="stamp">A token, or the answer that it came in.</param>
    /// <param name="signature">What has to be stamped.</param>
    /// <returns>Null = it is over something else, or no authority that counts made it.</returns>
    public static DateTimeOffset? TimeOf(ReadOnlyMemory<byte> stamp, ReadOnlySpan<byte> signature, SignatureRules rules)
    {
        if (rules.Timestamps is not { Count: > 0 } trusted || !Rfc3161TimestampToken.TryDecode(TokenIn(stamp), out var token, out _) || !Hashes.Contains(token.TokenInfo.HashAlgorithmId.Value))
            return null;
        X509Certificate2Collection known = [.. trusted.Select(SignatureRules.ReadCertificate).OfType<X509Certificate2>()];
        // It also sees to it that the certificate is for time stamps only, and that it counted then.
        if (!token.VerifySignatureForData(signature, out var authority, known) || authority is null)
            return null;
        var at = token.TokenInfo.Timestamp;
        using var chain = CertificateTrust.Chain(known, token.AsSignedCms().Certificates, TimeStamping, at);
        return chain.Build(authority) ? at : null;
    }

    /// <summary>Sigstore keeps the authority's whole answer (RFC 3161, 2.4.2: a status, then the token), notation the token.</summary>
    private static ReadOnlyMemory<byte> TokenIn(ReadOnlyMemory<byte> stamp)
    {
        var reader = new AsnReader(stamp, AsnEncodingRules.BER).ReadSequence();
        if (reader.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier))
            return stamp;
        reader.ReadEncodedValue();
        return reader.HasData ? reader.ReadEncodedValue() : default;
    }
}
