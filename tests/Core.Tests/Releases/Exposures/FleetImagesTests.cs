using IoTBackend.Core.Detection;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Images;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Releases.Exposures;

public sealed class FleetImagesTests
{
    private readonly MemoryStores _stores = new();

    [Fact]
    public async Task Of_a_device_with_several_workloads_the_image_of_each_counts_whichever_its_latest_reading_names()
    {
        var (old, told) = (await MadeAsync('1'), await MadeAsync('2'));
        _stores.Desired["pump"] = new(1, [new("agent", "i", "2.0.0", told.Id, told.Digest, 1)]);
        _stores.Running.Add(new("pump", "sensor", "sha256:s", [RunningImages.KeyOf("agent", old.Digest)]));
        _stores.Running.Add(new("valve", "sensor", "sha256:s", [RunningImages.KeyOf("agent", "sha256:elsewhere"), RunningImages.KeyOf("nobodys", old.Digest)]));
        var picture = await new FleetImages(_stores, _stores, _stores, _stores, new FakeTimeProvider()).ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal([new("pump", old.Digest, true)], picture.Of(old.Id));
        Assert.Empty(picture.Of(told.Id));
        Assert.Equal([($"agent xxh3:{RunningImages.Hash("sha256:elsewhere"):x16}", 1), ("sensor sha256:s", 2)], picture.Unknown.Select(u => (u.Key, u.Value)).Order());
    }

    private async Task<Release> MadeAsync(char digit)
    {
        var release = new Release
        {
            Id = $"agent-{new string(digit, 32)}",
            Track = "agent",
            Registry = "r.example",
            Repository = "fleet/agent",
            Digest = $"sha256:{new string(digit, 64)}",
            MediaType = MediaTypes.OciIndex,
            Tag = $"{digit}.0.0",
            FirstSeenAt = DateTimeOffset.UnixEpoch.AddDays(digit),
        };
        await _stores.TrySaveAsync(release, null, TestContext.Current.CancellationToken);
        return release;
    }
}
