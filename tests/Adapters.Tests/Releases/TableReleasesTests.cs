using Azure.Data.Tables;
using Core.Tests.Releases;
using IoTBackend.Adapters.Releases;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Changes;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using Local.Tests;

namespace Adapters.Tests.Releases;

/// <summary>What becomes of an image in the store, whatever is in it.</summary>
public sealed class TableReleasesTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private readonly MemoryStores _stores = new();
    private readonly MemoryRegistry _registry = new();
    private readonly TableServiceClient _tables = new(storage.ConnectionString);
    private readonly string _track = $"t{Guid.NewGuid():n}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mounts", "more than 256 characters")]
    [InlineData("capabilities", "more than 50 of a kind")]
    [InlineData("architecture", "Its architecture has more than 64 characters.")]
    public async Task An_image_that_asks_for_more_than_can_be_stored_is_a_held_release_with_the_reason(string what, string reason)
    {
        var store = await OpenAsync();
        var labels = new Dictionary<string, string>
        {
            ["io.fleet.run.mounts"] = what == "mounts" ? $"/{new string('a', 40_000)}" : "/data",
            ["io.fleet.run.capabilities"] = what == "capabilities" ? string.Join(',', Enumerable.Range(0, 51).Select(i => $"C{i}")) : "",
        };
        _registry.PushIndex("1.0.0", _registry.Child(what == "architecture" ? $"linux/{new string('a', 40_000)}" : "linux/arm64", container: new { Labels = labels }));

        var followed = await Follow(store).RunAsync(await TrackAsync(), "1.0.0", null, Token);

        Assert.Equal(FollowResult.Held, followed.Result);
        Assert.Contains(reason, (await store.FindAsync(Release.IdOf(_track, followed.Digest!), Token))!.Value.HeldReasons, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_of_forty_platforms_of_forty_layers_is_stored_and_read_back()
    {
        var store = await OpenAsync();
        _registry.PushIndex("1.0.0", [.. Enumerable.Range(0, 40).Select(Platform)]);

        var followed = await Follow(store).RunAsync(await TrackAsync(), "1.0.0", null, Token);

        var stored = (await store.FindAsync(Release.IdOf(_track, followed.Digest!), Token))!.Value;
        Assert.Equal((FollowResult.Activated, 40), (followed.Result, stored.Platforms.Count));
        Assert.All(stored.Platforms, p => Assert.Equal(40, p.Layers!.Count));
        Assert.Equal(stored.Id, Assert.Single(await store.ListAsync(_track, Token).ToListAsync(Token)).Id);
        // What was long and is short again leaves nothing of it behind.
        var current = (await store.FindAsync(stored.Id, Token))!;
        Assert.True(await store.TrySaveAsync(stored with { Platforms = [] }, current.Version, Token));
        Assert.Empty((await store.FindAsync(stored.Id, Token))!.Value.Platforms);
    }

    [Fact]
    public void A_character_of_two_halves_is_not_cut_apart()
    {
        for (var before = 31_990; before < 32_005; before++)
        {
            var text = new string('a', before) + string.Concat(Enumerable.Repeat("\U0001F50B", 20_000));
            var row = TableDocument.Of("p", "r", text);
            Assert.Equal(text, TableDocument.Read<string>(row));
            Assert.All(TableDocument.Columns.Select(row.GetString).OfType<string>(), part => Assert.False(char.IsHighSurrogate(part[^1])));
        }
    }

    private object Platform(int i)
    {
        var config = _registry.Put("application/octet-stream", new { os = "linux", architecture = $"arch{i}" });
        var manifest = _registry.Put(MediaTypes.OciManifest, new
        {
            mediaType = MediaTypes.OciManifest,
            config = new { mediaType = MediaTypes.OciConfig, digest = config, size = 10 },
            layers = Enumerable.Range(0, 40).Select(l => new { digest = $"sha256:{(i * 100) + l + 1:x64}", size = 123_456_789 }),
        });
        return new { digest = manifest };
    }

    private async Task<TableReleases> OpenAsync()
    {
        await new CreateTables(_tables).StartAsync(Token);
        return new(_tables, new NoNotes());
    }

    private async Task<Track> TrackAsync()
    {
        await _stores.SaveAsync(new RegistryConfiguration { Host = "r.example.com", Endpoint = new("https://r.example.com") }, Token);
        var track = new Track { Name = _track, Registry = "r.example.com", Repository = "fleet/sensor", Targets = new() { Groups = ["*"] } };
        await _stores.SaveAsync(track, Token);
        return track;
    }

    private FollowTag Follow(TableReleases store) => new(
        _stores, store, _registry, new(_stores, store, new(_stores, _stores, _stores, new(_registry, _stores, TimeProvider.System), TimeProvider.System), _stores, _stores, TimeProvider.System), _stores, TimeProvider.System);

    private sealed class NoNotes : IChangeNotes
    {
        public Task NoteAsync(string kind, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
