using IoTBackend.Adapters.Releases;
using IoTBackend.Core.Releases.Exposures;
using Local.Tests;

namespace Adapters.Tests.Releases;

public sealed class BlobFleetPicturesTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    [Fact]
    public async Task The_last_picture_is_read_as_it_was_taken()
    {
        var token = TestContext.Current.CancellationToken;
        var store = new BlobFleetPictures(new(storage.ConnectionString));
        Assert.Null(await store.FindAsync(token));
        for (var minute = 0; minute < 2; minute++)
        {
            var taken = new FleetPicture(
                DateTimeOffset.UnixEpoch.AddMinutes(minute), new Dictionary<string, List<FleetImage>> { ["sensor-1"] = [new("a", "sha256:1", true), new("b", "sha256:1", false)] },
                new Dictionary<string, IoTBackend.Core.Releases.Release>(), new Dictionary<string, int> { ["sensor sha256:9"] = 3 });
            await store.SaveAsync(StoredPicture.Of(taken), token);
            var found = (await store.FindAsync(token))!.With(taken.Releases);
            Assert.Equal((taken.At, 2, 3), (found.At, found.Count, found.Unknown["sensor sha256:9"]));
            Assert.Equal(taken.Of("sensor-1"), found.Of("sensor-1"));
        }
    }
}
