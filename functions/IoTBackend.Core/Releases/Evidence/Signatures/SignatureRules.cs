using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>Whose signatures count. Nothing is fetched to check one: keys, roots and logs are what stands here.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SignatureRules
{
    private const int Most = 10;

    /// <summary>Public keys (cosign, sigstore bundles with a key), as PEM or as <c>{"pem","from","until"}</c>.</summary>
    public IReadOnlyList<SigningKey> Keys { get; init; } = [];

    /// <summary>Certificates (PEM) that chains have to end in: a CA's own for notation, Fulcio's for sigstore.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>Whom certificates may be made out to; empty = anybody below a root.</summary>
    public IReadOnlyList<SignerIdentity> Identities { get; init; } = [];

    /// <summary>Public keys (PEM) of the transparency logs whose entries date a sigstore certificate.</summary>
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <summary>
    /// Certificates (PEM) of authorities whose time stamps (RFC 3161) date a certificate, as a log's entries do; roots of theirs. Null = none, and not said to
    /// devices: an agent that does not know it refuses the rule.
    /// </summary>
    public IReadOnlyList<string>? Timestamps { get; init; }

    /// <summary>Different signers needed, 1 to 10.</summary>
    public int AtLeast { get; init; } = 1;

    internal IEnumerable<string> Faults()
    {
        if (Keys.Count + Roots.Count == 0)
            yield return "gates.signature: name keys or roots.";
        if (Keys.Count > Most || Roots.Count > Most || Identities.Count > Most || Logs.Count > Most || Timestamps?.Count > Most)
            yield return $"gates.signature: at most {Most} of each.";
        if (AtLeast < 1 || AtLeast > Most || (Roots.Count == 0 && AtLeast > Keys.Count))
            yield return "gates.signature.atLeast: 1 to the number of signers there can be.";
        if (Keys.Select(k => k.Pem).Concat(Logs).Any(pem => pem.Contains("PRIVATE KEY", StringComparison.Ordinal)))
            yield return "gates.signature.keys and logs: one is a private key, and is no secret any more; make another pair, and give its public one.";
        else if (Keys.Any(k => PublicKey.Read(k.Pem) is null) || Logs.Any(l => PublicKey.Read(l) is null))
            yield return "gates.signature.keys and logs: public keys in PEM, ECDSA or RSA.";
        if (Keys.Any(k => k.From >= k.Until))
            yield return "gates.signature.keys: from is before until.";
        if (Roots.Concat(Timestamps ?? []).Any(r => ReadCertificate(r) is null))
            yield return "gates.signature.roots and timestamps: certificates in PEM.";
        if (Identities.Any(i => string.IsNullOrWhiteSpace(i.Subject)))
            yield return "gates.signature.identities: each names a subject.";
    }

    internal static X509Certificate2? ReadCertificate(string pem)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}

/// <param name="From">Counts for images first seen from then on; null = always.</param>
/// <param name="Until">And before then: how a key is retired.</param>
[JsonConverter(typeof(SigningKeyConverter))]
public sealed record SigningKey(string Pem, DateTimeOffset? From = null, DateTimeOffset? Until = null)
{
    public bool Counts(DateTimeOffset firstSeen) => !(firstSeen < From) && !(firstSeen >= Until);
}

/// <param name="Issuer">Who vouched for it (Fulcio's issuer extension, or the certificate's issuer); null = any.</param>
/// <param name="Subject">The certificate's e-mail address, URI or subject name, whole.</param>
public sealed record SignerIdentity(string? Issuer, string Subject);

/// <summary>Without reflection: the agent on the device, which has none, reads rules too.</summary>
internal sealed class SigningKeyConverter : JsonConverter<SigningKey>
{
    public override SigningKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return new(reader.GetString() ?? "");
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A key is PEM, or has pem, from and until.");
        string? pem = null;
        DateTimeOffset? from = null, until = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "pem":
                    pem = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    break;
                case "from":
                    from = Time(ref reader);
                    break;
                case "until":
                    until = Time(ref reader);
                    break;
                default:
                    throw new JsonException($"A key has pem, from and until, not '{name}'.");
            }
        }

        return pem is null ? throw new JsonException("A key is PEM, or has pem, from and until.") : new(pem, from, until);
    }

    public override void Write(Utf8JsonWriter writer, SigningKey value, JsonSerializerOptions options)
    {
        if (value is { From: null, Until: null })
        {
            writer.WriteStringValue(value.Pem);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("pem", value.Pem);
        if (value.From is { } from)
            writer.WriteString("from", from);
        if (value.Until is { } until)
            writer.WriteString("until", until);
        writer.WriteEndObject();
    }

    private static DateTimeOffset? Time(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String when reader.TryGetDateTimeOffset(out var time) => time,
        _ => throw new JsonException("A key's from and until are times in RFC 3339."),
    };
}
