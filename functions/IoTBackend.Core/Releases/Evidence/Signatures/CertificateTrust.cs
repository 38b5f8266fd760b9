using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>Does a certificate lead to a configured root, for signing code, and is it made out to somebody who may sign?</summary>
internal static class CertificateTrust
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>Fulcio's issuer, as text and as DER (sigstore/fulcio, docs/oid-info.md).</summary>
    private const string IssuerRaw = "1.3.6.1.4.1.57264.1.1";

    private const string IssuerDer = "1.3.6.1.4.1.57264.1.8";

    /// <summary>Null = it is trusted at that time.</summary>
    public static string? Refusal(IReadOnlyList<X509Certificate2> presented, SignatureRules rules, DateTimeOffset at)
    {
        var leaf = presented[0];
        using var chain = Chain(rules.Roots.Select(SignatureRules.ReadCertificate).OfType<X509Certificate2>(), presented.Skip(1), CodeSigning, at);
        if (!chain.Build(leaf))
            return $"Its certificate is not trusted: {chain.ChainStatus.FirstOrDefault().Status}.";
        if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()?.EnhancedKeyUsages[CodeSigning] is null)
            return "Its certificate is not for signing code.";
        if (leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority))
            return "Its certificate is an authority's.";
        return rules.Identities.Count == 0 || rules.Identities.Any(i => IsFor(leaf, i)) ? null : $"{Name(leaf)} may not sign for this track.";
    }

    /// <summary>What leads to one of the roots, for one use, at one time.</summary>
    public static X509Chain Chain(IEnumerable<X509Certificate2> roots, IEnumerable<X509Certificate2> others, string use, DateTimeOffset at)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (var root in roots)
            chain.ChainPolicy.CustomTrustStore.Add(root);
        foreach (var other in others)
            chain.ChainPolicy.ExtraStore.Add(other);
        chain.ChainPolicy.ApplicationPolicy.Add(new(use));
        // Offline on purpose: nothing that a signature names is fetched.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        return chain;
    }

    /// <summary>The identity, not the certificate: sigstore makes a new one for each signature.</summary>
    public static string Signer(X509Certificate2 certificate) => $"{IssuerOf(certificate)} {SubjectsOf(certificate).FirstOrDefault()}";

    public static string Name(X509Certificate2 certificate) => $"{SubjectsOf(certificate).FirstOrDefault() ?? "nobody"} (vouched for by {IssuerOf(certificate)})";

    private static bool IsFor(X509Certificate2 certificate, SignerIdentity identity) =>
        SubjectsOf(certificate).Contains(identity.Subject, StringComparer.Ordinal) && (identity.Issuer is null || IssuerOf(certificate) == identity.Issuer);

    private static string IssuerOf(X509Certificate2 certificate)
    {
        if (certificate.Extensions[IssuerDer]?.RawData is { } der)
            return new AsnReader(der, AsnEncodingRules.DER).ReadCharacterString(UniversalTagNumber.UTF8String);
        return certificate.Extensions[IssuerRaw]?.RawData is { } raw ? Encoding.UTF8.GetString(raw) : certificate.Issuer;
    }

    /// <summary>E-mail addresses and URIs of the subject's alternative names (RFC 5280, 4.2.1.6), then its own name.</summary>
    private static List<string> SubjectsOf(X509Certificate2 certificate)
    {
        var subjects = new List<string>();
        if (certificate.Extensions["2.5.29.17"]?.RawData is { } names)
        {
            try
            {
                for (var reader = new AsnReader(names, AsnEncodingRules.DER).ReadSequence(); reader.HasData;)
                {
                    var tag = reader.PeekTag();
                    if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 1 or 6 })
                        subjects.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    else
                        reader.ReadEncodedValue();
                }
            }
            catch (AsnContentException e)
            {
                throw new CryptographicException("The certificate's names cannot be read.", e);
            }
        }

        if (certificate.Subject.Length > 0)
            subjects.Add(certificate.Subject);
        return subjects;
    }
}
