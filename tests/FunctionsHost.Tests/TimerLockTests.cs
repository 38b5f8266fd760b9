using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Storage;
using IoTBackend.FunctionsHost.Timers;
using Local.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsHost.Tests;

public sealed class TimerLockTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    [Fact]
    public async Task Of_two_hosts_one_runs_the_timer_and_the_other_takes_over_when_it_stops()
    {
        var ticks = new Ticks();
        await using var first = Start(ticks, "first");
        await Wait.UntilAsync(() => ticks.By("first") >= 2);
        await using var second = Start(ticks, "second");
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
        await using var host = Start(ticks, "only");
        await Wait.UntilAsync(() => ticks.By("only") >= 2);
        var blob = new BlobServiceClient(storage.ConnectionString).GetBlobContainerClient("azure-webjobs-hosts").GetBlobClient("locks/hello/EverySecond.Listener");
        await blob.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero);
        var thief = blob.GetBlobLeaseClient();
        await thief.AcquireAsync(BlobLock.LeaseDuration * 4);
        // It hears of it when it renews.
        var (before, stolen) = (-1, TimeProvider.System.GetTimestamp());
        while (before != (before = ticks.By("only")))
        {
            Assert.InRange(TimeProvider.System.GetElapsedTime(stolen), TimeSpan.Zero, BlobLock.LeaseDuration * 3);
            await Task.Delay(TimeSpan.FromSeconds(3));
        }

        await thief.ReleaseAsync();
        await Wait.UntilAsync(() => ticks.By("only") > before);
    }

    [Fact]
    public async Task Status_is_kept_where_the_functions_host_keeps_it()
    {
        await using var host = Start(new(), "only", "Hourly", "0 0 * * * *");
        var container = new BlobServiceClient(storage.ConnectionString).GetBlobContainerClient("azure-webjobs-hosts");
        await Wait.UntilAsync(async () => (await container.GetBlobClient("timers/hello/Hourly/status").ExistsAsync()).Value);
        Assert.True((await container.GetBlobClient("locks/hello/Hourly.Listener").ExistsAsync()).Value);
    }

    private Listening Start(Ticks ticks, string host, string name = "EverySecond", string schedule = "* * * * * *")
    {
        var settings = new AppSettings(new ConfigurationBuilder().AddInMemoryCollection(
            [new("AzureWebJobsStorage", storage.ConnectionString), new("Sweep:Schedule", schedule)]).Build());
        var function = Declared.Function(name, """{"type":"timerTrigger","name":"timer","schedule":"%Sweep__Schedule%","useMonitor":true}""");
        var feed = TimerFeed.Prepare(function, settings, new(settings), "hello");
        return new(feed(new(function, (_, _) => ticks.TickAsync(host), TimeProvider.System, NullLogger.Instance)));
    }

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
}
