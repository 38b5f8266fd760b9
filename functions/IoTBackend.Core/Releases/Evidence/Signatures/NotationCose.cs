using System.Formats.Cbor;
using System.Security.Cryptography.X509Certificates;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>notaryproject/specifications, signature-envelope-cose.md: a COSE_Sign1 (RFC 9052, 4.2).</summary>
internal static class NotationCose
{
    private const int Sign1 = 18;


    /// <summary>Of the header that is not protected (RFC 9360): certificates prove themselves.</summary>
    private const int Chain = 33;

    public static CheckedSignature Check(Signature signature, string digest, SignatureRules rules, DateTimeOffset firstSeen)
    {
        var reader = new CborReader(signature.Content, CborConformanceMode.Strict);
        if (reader.PeekState() == CborReaderState.Tag && (int)reader.ReadTag() != Sign1)
            return CheckedSignature.No(signature.Form, "It is no COSE_Sign1.");
        reader.ReadStartArray();
        var protectedPart = reader.ReadByteString();
        var (chain, stamp) = ReadUnprotected(reader);
        var payload = reader.ReadByteString();
        var made = reader.ReadByteString();
        reader.ReadEndArray();
        if (reader.BytesRemaining > 0)
            return CheckedSignature.No(signature.Form, "Something follows it.");
        var header = Header.Read(protectedPart);
        if (header.Critical.Exists(c => !header.Names.Contains(c)))
            return CheckedSignature.No(signature.Form, "It asks for something that is not there.");
        return new NotationEnvelope(
            signature.Form, payload, header.ContentType, header.Scheme, header.Algorithm, header.Critical, header.Expiry, chain, Signed(protectedPart, payload), made, stamp)
            .Check(digest, rules, firstSeen);
    }

    /// <summary>RFC 9052, 4.4: Sig_structure.</summary>
    private static byte[] Signed(byte[] protectedPart, byte[] payload)
    {
        var writer = new CborWriter();
        writer.WriteStartArray(4);
        writer.WriteTextString("Signature1");
        writer.WriteByteString(protectedPart);
        writer.WriteByteString([]);
        writer.WriteByteString(payload);
        writer.WriteEndArray();
        return writer.Encode();
    }

    private static (List<X509Certificate2> Chain, byte[]? Stamp) ReadUnprotected(CborReader reader)
    {
        var (chain, stamp) = (new List<X509Certificate2>(), (byte[]?)null);
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            var label = Label(reader);
            if (label == NotationEnvelope.StampHeader)
            {
                stamp = reader.ReadByteString();
                continue;
            }

            if (label != $"{Chain}")
            {
                reader.SkipValue();
                continue;
            }

            if (reader.PeekState() == CborReaderState.ByteString)
            {
                chain.Add(X509CertificateLoader.LoadCertificate(reader.ReadByteString()));
                continue;
            }

            reader.ReadStartArray();
            while (reader.PeekState() != CborReaderState.EndArray)
            {
                var certificate = reader.ReadByteString();
                if (chain.Count < NotationEnvelope.MaxChain)
                    chain.Add(X509CertificateLoader.LoadCertificate(certificate));
            }

            reader.ReadEndArray();
        }

        reader.ReadEndMap();
        return (chain, stamp);
    }

    /// <summary>Labels are numbers or texts.</summary>
    private static string Label(CborReader reader) =>
        reader.PeekState() == CborReaderState.TextString ? reader.ReadTextString() : $"{reader.ReadInt32()}";

    private sealed record Header(string? Algorithm, string? ContentType, string? Scheme, DateTimeOffset? Expiry, List<string> Critical, HashSet<string> Names)
    {
        public static Header Read(byte[] bytes)
        {
            var header = new Header(null, null, null, null, [], []);
            var reader = new CborReader(bytes, CborConformanceMode.Strict);
            reader.ReadStartMap();
            while (reader.PeekState() != CborReaderState.EndMap)
            {
                var label = Label(reader);
                header.Names.Add(label);
                switch (label)
                {
                    case "1":
                        header = header with { Algorithm = NameOf(reader.ReadInt32()) };
                        break;
                    case "2":
                        reader.ReadStartArray();
                        while (reader.PeekState() != CborReaderState.EndArray)
                            header.Critical.Add(Label(reader));
                        reader.ReadEndArray();
                        break;
                    case "3":
                        header = header with { ContentType = reader.ReadTextString() };
                        break;
                    case NotationEnvelope.SigningScheme:
                        header = header with { Scheme = reader.ReadTextString() };
                        break;
                    case NotationEnvelope.ExpiryHeader:
                        header = header with { Expiry = reader.ReadUnixTimeSeconds() };
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }

            reader.ReadEndMap();
            return reader.BytesRemaining == 0 ? header : throw new CborContentException("Something follows the header.");
        }

        /// <summary>RFC 9053, 2.1, and RFC 8230, 2.</summary>
        private static string? NameOf(int algorithm) => algorithm switch
        {
            -7 => "ES256",
            -35 => "ES384",
            -36 => "ES512",
            -37 => "PS256",
            -38 => "PS384",
            -39 => "PS512",
            _ => null,
        };
    }
}
