using Azure.Storage.Blobs;
using IoTBackend.Adapters.Releases;
using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Findings;
using IoTBackend.Core.Releases.Gates;
using Local.Tests;

namespace Adapters.Tests.Releases;

public sealed class BlobEvidenceTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_sent_is_listed_by_digest_and_read_by_digest()
    {
        var (store, id) = (Open(), NewId());
        Assert.Empty(await store.ListSentAsync(id, Token));
        var digest = $"sha256:{new string('a', 64)}";
        await store.SaveAsync(id, new SentEvidence(digest, "{}"u8.ToArray()), Token);
        Assert.Equal([digest], await store.ListSentAsync(id, Token));
        Assert.Equal("{}"u8.ToArray(), (await store.FindSentAsync(id, digest, Token))!.Value.ToArray());
        Assert.Null(await store.FindSentAsync(id, $"sha256:{new string('b', 64)}", Token));
    }

    [Fact]
    public async Task Contents_are_listed_as_they_are_now_also_by_a_process_that_knew_them_before()
    {
        var (store, other, id) = (Open(), Open(), NewId());
        var report = new EvidenceDocument("sha256:1", "sha256:2", new("Trivy", "sha256:2", [new("CVE-2026-1", FindingSeverity.High, "musl", "1")], []));
        await other.SaveAsync(id, ReleaseContents.Of([report], [new("sha256:1", "etag \"x\"", [new("sha256:2", null)])]), Token);
        Assert.Equal("musl 1", (await OneAsync(store, id)).Concerns("CVE-2026-1", null));
        Assert.Same(await OneAsync(store, id), await OneAsync(store, id));
        await other.SaveAsync(id, ReleaseContents.Of([report with { Report = null }], []), Token);
        Assert.False((await OneAsync(store, id)).IsKnown);
    }

    [Fact]
    public async Task What_an_earlier_version_stored_is_still_known()
    {
        var (store, id) = (Open(), NewId());
        var container = new BlobServiceClient(storage.ConnectionString).GetBlobContainerClient("release-evidence");
        await container.CreateIfNotExistsAsync(cancellationToken: Token);
        await container.GetBlobClient($"contents/{id}").UploadAsync(
            new BinaryData("""{"findings":[{"id":"CVE-2026-1","severity":"high","package":"musl","version":"1"}],"packages":[{"name":"zlib","version":"2"}]}"""), Token);
        var contents = (await store.FindAsync(id, Token))!;
        Assert.Equal(("musl 1", "zlib 2"), (contents.Concerns("CVE-2026-1", null), contents.Concerns(null, "zlib")));
    }

    private static async Task<ReleaseContents> OneAsync(BlobEvidence store, string id) => Assert.Single(await store.ListAsync(id.Equals, Token).ToListAsync(Token)).Value;

    private static string NewId() => $"sensor-{Guid.NewGuid():n}";

    private BlobEvidence Open() => new(new(storage.ConnectionString));
}
