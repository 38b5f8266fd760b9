using Core.Tests.Releases;
using Functions.Tests.Http;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Releases;
using Microsoft.Extensions.Logging.Abstractions;

namespace Functions.Tests.Releases;

/// <summary>The host gives a message up after five failures, long before an outage is over.</summary>
public sealed class ReleaseTriggersTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly MemoryStores _stores = new();
    private readonly TracksDown _down = new();
    private readonly ReleaseTriggers _triggers;

    public ReleaseTriggersTests() => _triggers = new(
        new FollowPush(_stores, _down, _stores, null!, null!, _stores, TimeProvider.System),
        new MakeOffers(_down, _stores, _stores, _stores, _stores, null!, null!, TimeProvider.System),
        null!, new SetDesired(_down, _stores, _stores), null!, null!, _down, _stores, new ReleasesMeter(Api.Meters), NullLogger<ReleaseTriggers>.Instance);

    [Fact]
    public async Task A_push_is_put_back_as_it_came()
    {
        const string Push = """{"registries":["r.example"],"repository":"fleet/sensor","tag":"1.0.0"}""";
        await _triggers.ReadPushAsync(Push, default);
        Assert.Equal([Push], _stores.Work);
    }

    [Fact]
    public async Task An_offer_is_put_back()
    {
        var work = new OfferWork("sensor", Attempt: 2);
        await _triggers.OfferAsync(work, default);
        Assert.Equal([(work, Pause)], _stores.Later);
    }

    [Fact]
    public async Task Devices_that_could_not_be_told_are_put_back()
    {
        var work = new TellWork("sensor", "sensor-1", 3, "sha256:1", ["a", "b"]);
        await _triggers.TellAsync(work, default);
        Assert.Equal([work], _stores.Work);
    }

    [Fact]
    public async Task What_is_no_outage_is_for_the_host_to_count()
    {
        await Assert.ThrowsAsync<System.Text.Json.JsonException>(() => _triggers.ReadPushAsync("junk", default));
        Assert.Empty(_stores.Work);
    }

    private sealed class TracksDown : ITracks
    {
        public Task<Track?> FindAsync(string track, CancellationToken cancellationToken) => throw Down;

        public Task<IReadOnlyList<Track>> ListAsync(CancellationToken cancellationToken) => throw Down;

        public Task SaveAsync(Track track, CancellationToken cancellationToken) => throw Down;

        public Task<bool> DeleteAsync(string track, CancellationToken cancellationToken) => throw Down;

        public Task<Versioned<string>?> CurrentAsync(string track, CancellationToken cancellationToken) => throw Down;

        public Task<bool> TrySetCurrentAsync(string track, string releaseId, Versioned<string>? before, CancellationToken cancellationToken) => throw Down;

        private static UnavailableException Down => new("tables");
    }
}
