using System.Buffers.Text;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>notaryproject/specifications, signature-envelope-jws.md: a flattened JWS.</summary>
internal static class NotationJws
{
    public static CheckedSignature Check(Signature signature, string digest, SignatureRules rules, DateTimeOffset firstSeen)
    {
        using var envelope = JsonDocument.Parse(signature.Content);
        var (protectedPart, payloadPart) = (Text(envelope.RootElement, "protected") ?? "", Text(envelope.RootElement, "payload") ?? "");
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(protectedPart));
        var root = header.RootElement;
        var critical = (Items(root, "crit") ?? []).Select(c => Text(c)).ToList();
        if (critical.Exists(c => c is null || !root.TryGetProperty(c, out _)))
            return CheckedSignature.No(signature.Form, "It asks for something that is not there.");
        return new NotationEnvelope(
            signature.Form,
            Base64Url.DecodeFromChars(payloadPart),
            Text(root, "cty"),
            Text(root, NotationEnvelope.SigningScheme),
            Text(root, "alg"),
            critical!,
            Time(root, NotationEnvelope.ExpiryHeader),
            [.. (Items(Object(envelope.RootElement, "header"), "x5c") ?? []).Take(NotationEnvelope.MaxChain).Select(c => X509CertificateLoader.LoadCertificate(Convert.FromBase64String(Text(c) ?? "")))],
            Encoding.ASCII.GetBytes($"{protectedPart}.{payloadPart}"),
            Base64Url.DecodeFromChars(Text(envelope.RootElement, "signature") ?? ""),
            Text(Object(envelope.RootElement, "header"), NotationEnvelope.StampHeader) is { } stamp ? Convert.FromBase64String(stamp) : null).Check(digest, rules, firstSeen);
    }
}
