using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Signatures;
using IoTBackend.Core.Releases.Gates;
using IoTBackend.Core.Releases.Images;

namespace Core.Tests.Releases.Gates;

public sealed class KnownSignaturesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_a_hundred_releases_no_more_is_kept_than_is_worth_the_memory_whatever_their_signatures_consist_of()
    {
        var known = new KnownSignatures();
        for (var i = 0; i < 100; i++)
        {
            var text = new string('a', i % 2 == 0 ? 60_000 : 12_000);
            var such = new Signature(SignatureForm.CosignSimple, new byte[100], "sha256:1", text, new(text, text, text));
            known.Keep($"r{i}", "v", Now, [.. Enumerable.Repeat(such, i % 2 == 0 ? 10 : 2)], []);
        }

        var kept = Enumerable.Range(0, 100).Select(i => known.Find($"r{i}", "v", Now)).OfType<KnownSignatures.Known>().SelectMany(k => k.Signatures).ToList();
        // Two bytes a character.
        Assert.InRange(kept.Sum(s => s.Content.Length + (2L * (s.Detached!.Length + s.Certified!.Pem.Length + s.Certified.ChainPem!.Length + s.Certified.Entry!.Length))), 1_000_000, 25_000_000);
    }

    [Theory]
    [InlineData(60_000, 10)]
    [InlineData(70_000, 0)]
    public async Task An_annotation_without_end_is_not_taken_and_said(int length, int taken)
    {
        var (stores, registry, digest, text) = (new MemoryStores(), new MemoryRegistry(), $"sha256:{1:x64}", new string('a', length));
        var annotations = new[] { "dev.cosignproject.cosign/signature", "dev.sigstore.cosign/certificate", "dev.sigstore.cosign/chain", "dev.sigstore.cosign/bundle" }.ToDictionary(name => name, _ => text);
        var layer = registry.Put("application/octet-stream", new { });
        registry.Tags[$"{Referrer.FallbackTag(digest)}.sig"] = registry.Put(MediaTypes.OciManifest, new
        {
            layers = Enumerable.Repeat(new { mediaType = "application/vnd.dev.cosign.simplesigning.v1+json", digest = layer, size = 10, annotations }, 10),
        });
        var source = new ImageSource(new() { Host = "r.example.com", Endpoint = new("https://r.example.com") }, "fleet/sensor");
        var release = new Release { Id = "sensor-1", Track = "sensor", Registry = "r.example.com", Repository = "fleet/sensor", Digest = digest, MediaType = MediaTypes.OciIndex, Tag = "1.0.0", FirstSeenAt = Now };

        AttachedEvidence attached = await new EvidenceReader(registry, stores, TimeProvider.System).ReadAsync(source, release, new() { Signature = new() }, default);

        Assert.Equal(taken, attached.Signatures.Count);
        Assert.Equal(taken == 0, attached.Faults.Any(f => f.Contains("an annotation of more than 65536 bytes", StringComparison.Ordinal)));
    }
}
