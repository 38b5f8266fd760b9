using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using IoTBackend.Local.FunctionsHost.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Local.Tests.FunctionsRuntime;

public sealed class TimerLockTests(Azurite azurite) : IClassFixture<Azurite>
{
    [Fact]
    public async Task Of_two_hosts_one_runs_the_timer_and_the_other_takes_over_when_it_stops()
    {
        var ticks = new Ticks();
        await using var first = await StartAsync(ticks, "first");
        await Wait.UntilAsync(() => ticks.By("first") >= 2);
        await using var second = await StartAsync(ticks, "second");
        await Wait.UntilAsync(() => ticks.By("first") >= 4);
        Assert.Equal(0, ticks.By("second"));
        await first.StopAsync();
        await Wait.UntilAsync(() => ticks.By("second") >= 2);
        Assert.Equal(1, ticks.MostAtOnce);
    }

    [Fact]
    public async Task A_host_that_lost_its_lock_stops_and_waits_for_it_again()
    {
        var ticks = new Ticks();
        await using var host = await StartAsync(ticks, "only");
        await Wait.UntilAsync(() => ticks.By("only") >= 2);
        var blob = new BlobServiceClient(azurite.ConnectionString).GetBlobContainerClient("azure-webjobs-hosts").GetBlobClient("locks/local.tests/EverySecond.Listener");
        await blob.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero);
        var thief = blob.GetBlobLeaseClient();
        await thief.AcquireAsync(BlobLock.LeaseDuration * 4);
        await Task.Delay(BlobLock.LeaseDuration / 3 + TimeSpan.FromSeconds(3));
        var before = ticks.By("only");
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal(before, ticks.By("only"));
        await thief.ReleaseAsync();
        await Wait.UntilAsync(() => ticks.By("only") > before);
    }

    [Fact]
    public async Task Status_is_kept_where_the_functions_host_keeps_it()
    {
        await using var host = await TestHost.StartAsync([typeof(Hourly)], null, $"AzureWebJobsStorage={azurite.ConnectionString}");
        var container = new BlobServiceClient(azurite.ConnectionString).GetBlobContainerClient("azure-webjobs-hosts");
        await Wait.UntilAsync(async () => (await container.GetBlobClient("timers/local.tests/Hourly/status").ExistsAsync()).Value);
        Assert.True((await container.GetBlobClient("locks/local.tests/Hourly.Listener").ExistsAsync()).Value);
    }

    [Fact]
    public async Task Missing_settings_are_named_all_at_once()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync([typeof(Unset), typeof(Hourly)]));
        Assert.Contains("AzureWebJobsStorage, Queue__Name, Sweep__Schedule.", failure.Message, StringComparison.Ordinal);
    }

    private Task<TestHost> StartAsync(Ticks ticks, string name) => TestHost.StartAsync(
        [typeof(EverySecond)], builder => builder.Services.AddSingleton(new Name(name)).AddSingleton(ticks),
        $"AzureWebJobsStorage={azurite.ConnectionString}", "Sweep:Schedule=* * * * * *");

    internal sealed record Name(string Value);

    internal sealed class Ticks
    {
        private readonly ConcurrentQueue<string> names = new();
        private int current;

        public int MostAtOnce { get; private set; }

        public int By(string name) => names.Count(tick => tick == name);

        public async Task TickAsync(string name)
        {
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref current));
            names.Enqueue(name);
            await Task.Delay(100);
            Interlocked.Decrement(ref current);
        }
    }

    private sealed class EverySecond(Ticks ticks, Name name)
    {
        [Function("EverySecond")]
        public Task RunAsync([TimerTrigger("%Sweep__Schedule%")] TimerInfo timer) => ticks.TickAsync(name.Value);
    }

    private sealed class Hourly
    {
        [Function("Hourly")]
        public void Run([TimerTrigger("0 0 * * * *")] TimerInfo timer) { }
    }

    private sealed class Unset
    {
        [Function("UnsetTimer")]
        public void Run([TimerTrigger("%Sweep__Schedule%")] TimerInfo timer) { }

        [Function("UnsetQueue")]
        public void Run([QueueTrigger("%Queue__Name%")] string message) { }
    }
}
