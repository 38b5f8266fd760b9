using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace Core.Tests.Releases.Evidence;

/// <summary>notation's COSE envelopes, made after its specification.</summary>
public sealed class NotationCoseTests
{
    private static readonly string Digest = $"sha256:{new string('1', 64)}";

    private static readonly DateTimeOffset Seen = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private static readonly (string Root, byte[] Envelope) Made = Make("good");

    [Theory]
    [InlineData("good", null)]
    [InlineData("RSA", null)]
    [InlineData("one certificate", null)]
    [InlineData("another image", "It is over another image.")]
    [InlineData("another key", "Its certificate's key did not make it.")]
    [InlineData("another algorithm", "Its algorithm is not that of its certificate's key.")]
    [InlineData("expired", "It had expired when the image was first seen.")]
    [InlineData("critical", "It asks for something that is not understood.")]
    [InlineData("critical and missing", "It asks for something that is not there.")]
    [InlineData("another scheme", "It is of another scheme.")]
    [InlineData("more behind it", "Something follows it.")]
    [InlineData("a header twice", "It is malformed.")]
    public void It_counts_when_it_is_true_over_this_image_and_understood(string what, string? refusal)
    {
        var (root, envelope) = Make(what);
        Assert.Equal(refusal, Check(envelope, root).Refusal);
    }

    [Fact]
    public void No_damaged_one_counts() => Gen.Select(Gen.Int[0, Made.Envelope.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
    {
        var bytes = (byte[])Made.Envelope.Clone();
        bytes[at] ^= change;
        // What is not signed: how the array begins, and headers that nobody reads.
        if (Check(bytes, Made.Root).Signer is not null)
            Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Digest)) > 0);
    }, iter: 1000);

    private static CheckedSignature Check(byte[] envelope, string root) =>
        SignatureChecks.Check(new(SignatureForm.NotationCose, envelope, Digest), Digest, new() { Roots = [root] }, Seen);

    private static (string Root, byte[] Envelope) Make(string what)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fleet CA", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = request.CreateSelfSigned(Seen.AddYears(-1), Seen.AddYears(1));
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = what == "RSA" ? new CertificateRequest("CN=release-signer", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) : new CertificateRequest("CN=release-signer", ec, HashAlgorithmName.SHA256);
        asked.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.3")], false));
        using var leaf = asked.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), Seen.AddDays(-1), Seen.AddDays(1), [1, 2, 3]);

        var header = Header(what);
        var payload = Encoding.UTF8.GetBytes($$$"""{"targetArtifact":{"digest":"{{{(what == "another image" ? "sha256:2" : Digest)}}}"}}""");
        var signed = Encode(w =>
        {
            w.WriteStartArray(4);
            w.WriteTextString("Signature1");
            w.WriteByteString(header);
            w.WriteByteString([]);
            w.WriteByteString(payload);
            w.WriteEndArray();
        });
        var signature = what == "RSA" ? rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
            : (what == "another key" ? other : ec).SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var envelope = Encode(w =>
        {
            w.WriteTag((CborTag)18);
            w.WriteStartArray(4);
            w.WriteByteString(header);
            w.WriteStartMap(2);
            w.WriteTextString("io.cncf.notary.signingAgent");
            w.WriteTextString("test");
            w.WriteInt32(33);
            if (what != "one certificate")
                w.WriteStartArray(2);
            w.WriteByteString(leaf.RawData);
            if (what != "one certificate")
            {
                w.WriteByteString(authority.RawData);
                w.WriteEndArray();
            }

            w.WriteEndMap();
            w.WriteByteString(payload);
            w.WriteByteString(signature);
            w.WriteEndArray();
        });
        return (authority.ExportCertificatePem(), what == "more behind it" ? [.. envelope, 0] : envelope);
    }

    private static byte[] Header(string what) => Encode(w =>
    {
        w.WriteStartMap(null);
        w.WriteInt32(1);
        w.WriteInt32(what == "RSA" ? -37 : what == "another algorithm" ? -35 : -7);
        w.WriteInt32(2);
        w.WriteStartArray(2);
        w.WriteTextString("io.cncf.notary.signingScheme");
        w.WriteTextString(what.StartsWith("critical", StringComparison.Ordinal) ? "com.example.other" : "io.cncf.notary.expiry");
        w.WriteEndArray();
        w.WriteInt32(3);
        w.WriteTextString("application/vnd.cncf.notary.payload.v1+json");
        w.WriteTextString("io.cncf.notary.signingScheme");
        w.WriteTextString(what == "another scheme" ? "notary.other" : "notary.x509");
        w.WriteTextString("io.cncf.notary.expiry");
        w.WriteUnixTimeSeconds((what == "expired" ? Seen.AddDays(-1) : Seen.AddDays(1)).ToUnixTimeSeconds());
        if (what == "critical")
        {
            w.WriteTextString("com.example.other");
            w.WriteInt32(1);
        }

        if (what == "a header twice")
        {
            w.WriteInt32(3);
            w.WriteTextString("text/plain");
        }

        w.WriteEndMap();
    });

    private static byte[] Encode(Action<CborWriter> write)
    {
        // Lax: some of these are wrong on purpose.
        var writer = new CborWriter(CborConformanceMode.Lax);
        write(writer);
        return writer.Encode();
    }
}
