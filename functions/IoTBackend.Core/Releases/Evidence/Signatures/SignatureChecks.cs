using System.Formats.Asn1;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text.Json;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>
/// Checks signatures offline against a track's rules. A signature that is true but over another image is worth nothing: that one is what a
/// registry's owner can always supply. Whatever a signature contains is input; nothing in it throws.
/// </summary>
public static class SignatureChecks
{
    /// <param name="digest">Of the image: what has to be signed.</param>
    /// <param name="firstSeen">Of the image: which keys count.</param>
    public static CheckedSignature Check(Signature signature, string digest, SignatureRules rules, DateTimeOffset firstSeen)
    {
        try
        {
            return signature.Form switch
            {
                SignatureForm.CosignSimple => CosignSimple.Check(signature, digest, rules, firstSeen),
                SignatureForm.SigstoreBundle => SigstoreBundle.Check(signature, digest, rules, firstSeen),
                SignatureForm.NotationJws => NotationJws.Check(signature, digest, rules, firstSeen),
                SignatureForm.NotationCose => NotationCose.Check(signature, digest, rules, firstSeen),
                _ => CheckedSignature.No(signature.Form, "This form is not checked."),
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or CryptographicException or InvalidOperationException or ArgumentException or OverflowException
            or CborContentException or AsnContentException or PlatformNotSupportedException)
        {
            return CheckedSignature.No(signature.Form, "It is malformed.");
        }
    }

    /// <summary>The key among those that count that made it; null = none.</summary>
    internal static CheckedSignature? ByKey(SignatureRules rules, DateTimeOffset firstSeen, Func<PublicKey, bool> made)
    {
        foreach (var candidate in rules.Keys.Where(k => k.Counts(firstSeen)))
        {
            using var key = PublicKey.Read(candidate.Pem);
            if (key is not null && made(key))
                return new(key.Id, $"the key {key.Id[..12]}");
        }

        return null;
    }
}
