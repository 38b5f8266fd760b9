using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

public enum SignatureForm
{
    /// <summary>cosign's simple signing: a payload, and its signature beside it.</summary>
    CosignSimple,

    /// <summary>A sigstore bundle, v0.1 to v0.3.</summary>
    SigstoreBundle,

    /// <summary>notation, JWS.</summary>
    NotationJws,

    /// <summary>notation, COSE.</summary>
    NotationCose,
}

/// <summary>A signature as it was found, not checked.</summary>
/// <param name="Content">The payload, bundle or envelope.</param>
/// <param name="Detached">For simple signing: the signature, base64.</param>
/// <param name="Digest">Of the manifest it came with.</param>
/// <param name="Certified">For simple signing: by whom, where no key is configured for it.</param>
public sealed record Signature(SignatureForm Form, ReadOnlyMemory<byte> Content, string Digest, string? Detached = null, CosignCertificate? Certified = null);

/// <summary>What cosign files beside a signature that it made without a key of one's own.</summary>
/// <param name="Pem">The signer's certificate.</param>
/// <param name="ChainPem">Those above it; null = none.</param>
/// <param name="Entry">The log's promise, JSON.</param>
public sealed record CosignCertificate(string Pem, string? ChainPem, string? Entry)
{
    /// <summary>Of the annotations beside a signature (sigstore/cosign, specs/SIGNATURE_SPEC.md); null = there is none.</summary>
    public static CosignCertificate? Of(JsonElement? annotations) => Text(annotations, "dev.sigstore.cosign/certificate") is { } pem
        ? new(pem, Text(annotations, "dev.sigstore.cosign/chain"), Text(annotations, "dev.sigstore.cosign/bundle")) : null;
}

/// <summary>What became of one: who signed, or why it does not count.</summary>
/// <param name="Signer">Stable: a key's digest, or a certificate's identity. Null = it does not count.</param>
/// <param name="Name">The signer in words.</param>
public sealed record CheckedSignature(string? Signer, string Name, string? Refusal = null)
{
    public static CheckedSignature No(SignatureForm form, string why) => new(null, form.ToString(), why);
}
