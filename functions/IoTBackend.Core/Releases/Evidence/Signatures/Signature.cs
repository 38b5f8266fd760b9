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
public sealed record Signature(SignatureForm Form, ReadOnlyMemory<byte> Content, string Digest, string? Detached = null);

/// <summary>What became of one: who signed, or why it does not count.</summary>
/// <param name="Signer">Stable: a key's digest, or a certificate's identity. Null = it does not count.</param>
/// <param name="Name">The signer in words.</param>
public sealed record CheckedSignature(string? Signer, string Name, string? Refusal = null)
{
    public static CheckedSignature No(SignatureForm form, string why) => new(null, form.ToString(), why);
}
