using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Local.Tests;

namespace FunctionsHost.Tests.ScaleOut;

/// <summary>Three host processes on one hub and one storage account, under load, through a kill and a stop.</summary>
public sealed class ScaleOutTests(StorageAccount storage, ITestOutputHelper output) : IClassFixture<StorageAccount>
{
    private const int Partitions = 6;

    private BlobContainerClient Container => field ??= new(storage.ConnectionString, "azure-webjobs-eventhub");

    [Fact]
    public async Task Hosts_share_the_load_and_take_over_from_each_other_and_lose_and_double_nothing()
    {
        await Table("effects").CreateAsync();
        await Table("last").CreateAsync();
        using var hub = await EmulatorProcess.StartAsync(Partitions);
        HostProcess Start(string name) => new(name, storage.ConnectionString, hub.ConnectionString);
        await using var a = Start("a");
        await using var b = Start("b");
        await using var c = Start("c");
        await MeasureAsync("three hosts share six partitions, from the start of their processes", BalancedAsync, seconds: 180);

        await using var load = new Load(hub.ConnectionString, Partitions);
        await Wait.UntilAsync(async () => (await LatestAsync()).Values.Order().SequenceEqual(["a", "a", "b", "b", "c", "c"]), seconds: 180);

        var killed = await PartitionsOfAsync("a");
        a.Kill();
        await MeasureAsync("a killed host's partitions are processed by the others", () => AllProcessedByOthersAsync(killed, "a"),
            seconds: 180);

        await using var d = Start("d");
        await MeasureAsync("a new host gets its share, from the start of its process", BalancedAsync, seconds: 180);

        var stopped = await PartitionsOfAsync("b");
        var stopping = b.StopAsync();
        Assert.Equal(0, await stopping);
        // It has let go of them: nobody has to wait until they expire.
        Assert.InRange((await OwnersAsync()).Values.Where(owner => owner.Length > 0).Distinct().Count(), 1, 2);
        await MeasureAsync("a stopped host's partitions are processed by the others, from its end", () => AllProcessedByOthersAsync(stopped, "b"), seconds: 100);

        var sent = await load.StopAsync();
        await Wait.UntilAsync(async () => (await EffectsAsync()).Length >= sent, seconds: 180);
        var effects = await EffectsAsync();
        output.WriteLine($"{sent} events sent, {effects.Length} effects");
        Assert.Equal(Enumerable.Range(0, sent), effects);
        Assert.Equal(0, await c.StopAsync());
        Assert.Equal(0, await d.StopAsync());
        Assert.All(await OwnersAsync(), owner => Assert.Equal("", owner.Value));
    }

    private async Task MeasureAsync(string what, Func<Task<bool>> condition, double seconds)
    {
        var started = TimeProvider.System.GetTimestamp();
        await Wait.UntilAsync(condition, (int)Math.Ceiling(seconds), what);
        output.WriteLine($"{what}: {TimeProvider.System.GetElapsedTime(started).TotalSeconds:f1} s");
    }

    private async Task<bool> BalancedAsync() =>
        (await OwnersAsync()).Values.Where(owner => owner.Length > 0).GroupBy(owner => owner).Select(share => share.Count()).Order().SequenceEqual([2, 2, 2]);

    private async Task<Dictionary<string, string>> OwnersAsync() => !(await Container.ExistsAsync()).Value ? [] : await Container
        .GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, "127.0.0.1/telemetry/$default/ownership/", default)
        .ToDictionaryAsync(blob => blob.Name.Split('/')[^1], blob => blob.Metadata.TryGetValue("ownerid", out var owner) ? owner : "");

    private ValueTask<int[]> EffectsAsync() => Table("effects").QueryAsync<TableEntity>().Select(row => int.Parse(row.GetString("Id"))).Order().ToArrayAsync();

    /// <summary>By partition, the host that processed its latest batch.</summary>
    private ValueTask<Dictionary<string, string>> LatestAsync() =>
        Table("last").QueryAsync<TableEntity>().ToDictionaryAsync(row => row.RowKey, row => row.GetString("Host"));

    private async Task<List<string>> PartitionsOfAsync(string host) => [.. (await LatestAsync()).Where(last => last.Value == host).Select(last => last.Key)];

    private async Task<bool> AllProcessedByOthersAsync(List<string> partitions, string host) =>
        (await LatestAsync()).All(last => !partitions.Contains(last.Key) || last.Value != host);

    private TableClient Table(string name) => new(storage.ConnectionString, name);
}
