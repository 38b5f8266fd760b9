using System.Collections.Concurrent;
using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.FunctionsHost.Queues;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Workers;
using Local.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsHost.Tests;

public sealed class QueueTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private readonly string name = $"q{Guid.NewGuid():n}";
    private readonly Seen seen = new();

    [Fact]
    public async Task A_message_is_handled_once_and_deleted()
    {
        await using var host = await StartAsync();
        await SendAsync("héllo");
        await Wait.UntilAsync(() => seen.Values.Count == 1);
        Assert.Equal("héllo", seen.Values.Single());
        await Wait.UntilAsync(async () => (await Queue().GetPropertiesAsync()).Value.ApproximateMessagesCount == 0);
    }

    [Fact]
    public async Task A_failing_message_is_tried_again_and_then_goes_to_the_poison_queue_as_it_was()
    {
        seen.Fails = _ => true;
        await using var host = await StartAsync("extensions:queues:maxDequeueCount=3");
        await SendAsync("bad");
        Assert.Equal("bad", Decoded(await PoisonAsync()));
        Assert.Equal(3, seen.Values.Count);
        Assert.Equal(0, (await Queue().GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }

    [Fact]
    public async Task A_message_that_fails_once_succeeds_the_second_time_and_holds_up_no_other()
    {
        var failed = 0;
        seen.Fails = text => text == "once" && Interlocked.Exchange(ref failed, 1) == 0;
        await using var host = await StartAsync();
        await SendAsync("once");
        await SendAsync("fine");
        await Wait.UntilAsync(() => seen.Values.Count == 3);
        Assert.Equal(["fine", "once", "once"], seen.Values.Order());
        Assert.False((await Queue("-poison").ExistsAsync()).Value);
    }

    [Fact]
    public async Task What_is_no_base64_or_no_text_ends_in_the_poison_queue_too()
    {
        await using var host = await StartAsync("extensions:queues:maxDequeueCount=1");
        await Queue().SendMessageAsync("not base64!");
        Assert.Equal("not base64!", (await PoisonAsync()).Body.ToString());
        byte[] noText = [0xc3, 0x28];
        await Queue().SendMessageAsync(Convert.ToBase64String(noText));
        Assert.Equal(noText, Convert.FromBase64String((await PoisonAsync()).Body.ToString()));
        Assert.Empty(seen.Values);
    }

    [Fact]
    public async Task At_most_a_batch_and_the_threshold_run_at_once()
    {
        seen.Gate = new();
        // All are there before the host looks: taken one by one, three would fill the threshold and a fourth wait for the gate.
        await Queue().CreateIfNotExistsAsync();
        for (var i = 0; i < 20; i++)
            await SendAsync($"{i}");
        await using var host = await StartAsync(
            "extensions:queues:batchSize=4", "extensions:queues:newBatchThreshold=2");
        await Wait.UntilAsync(() => seen.Values.Count >= 4);
        seen.Gate.SetResult();
        await Wait.UntilAsync(() => seen.Values.Count == 20);
        Assert.InRange(seen.MostAtOnce, 4, 6);
    }

    [Fact]
    public async Task A_stopping_host_finishes_what_is_running_and_leaves_the_rest()
    {
        seen.Gate = new();
        await using var host = await StartAsync("extensions:queues:batchSize=1", "extensions:queues:newBatchThreshold=0");
        await SendAsync("running");
        await SendAsync("waiting");
        await Wait.UntilAsync(() => seen.Values.Count == 1);
        var stop = host.StopAsync();
        await Task.Delay(200);
        Assert.False(stop.IsCompleted);
        seen.Gate.SetResult();
        await stop;
        Assert.Equal(["running"], seen.Values);
        Assert.Equal("waiting", Decoded((await Queue().ReceiveMessageAsync()).Value));
    }

    [Fact]
    public async Task A_function_that_runs_on_at_the_end_of_patience_is_cancelled_and_its_message_comes_again()
    {
        seen.UntilCancelled = true;
        await using var host = await StartAsync();
        await SendAsync("endless");
        await Wait.UntilAsync(() => seen.Values.Count == 1);
        await host.AbortAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(seen.WasCancelled);
        Assert.Equal(1, (await Queue().GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }

    [Theory]
    [InlineData(new[] { false, false, false, false, true, false }, new[] { 100, 200, 400, 500, 0, 100 })]
    public void Looks_at_an_empty_queue_grow_rarer_up_to_the_maximum(bool[] found, int[] milliseconds)
    {
        var pause = new PollingPause(TimeSpan.FromMilliseconds(500));
        Assert.Equal(milliseconds, found.Select(pause.After).Select(wait => (int)wait.TotalMilliseconds));
    }

    private QueueClient Queue(string suffix = "") => new(storage.ConnectionString, name + suffix);

    private async Task SendAsync(string text) => await Queue().SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));

    private static string Decoded(QueueMessage message) => Encoding.UTF8.GetString(Convert.FromBase64String(message.Body.ToString()));

    private async Task<QueueMessage> PoisonAsync()
    {
        QueueMessage? message = null;
        await Wait.UntilAsync(async () => (await Queue("-poison").ExistsAsync()).Value
            && (message = (await Queue("-poison").ReceiveMessageAsync(TimeSpan.FromHours(1))).Value) is not null);
        return message!;
    }

    /// <summary>The listener alone, on a function that is this test's.</summary>
    private async Task<Listening> StartAsync(params string[] hostJson)
    {
        await Queue().CreateIfNotExistsAsync();
        string[] all = ["extensions:queues:maxPollingInterval=00:00:00.2", .. hostJson];
        var options = HostSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(
            all.Select(setting => setting.Split('=')).Select(setting => KeyValuePair.Create(setting[0], (string?)setting[1]))).Build());
        var settings = new AppSettings(new ConfigurationBuilder().AddInMemoryCollection(
            [new("AzureWebJobsStorage", storage.ConnectionString), new("Queue:Name", name)]).Build());
        var function = Declared.Function("Texts", """{"type":"queueTrigger","name":"message","queueName":"%Queue__Name%","connection":"AzureWebJobsStorage"}""");
        var feed = QueueFeed.Prepare(function, settings, new(settings), options.Queues);
        return new(feed(new(function, (request, cancel) => seen.AddAsync(request.InputData[0].Data.String, cancel), TimeProvider.System, NullLogger.Instance)));
    }

    internal sealed class Seen
    {
        private int current;

        public ConcurrentQueue<string> Values { get; } = new();

        public Func<string, bool> Fails { get; set; } = _ => false;

        public TaskCompletionSource? Gate { get; set; }

        public bool UntilCancelled { get; set; }

        public bool WasCancelled { get; private set; }

        public int MostAtOnce { get; private set; }

        public async Task AddAsync(string text, CancellationToken cancellationToken)
        {
            lock (Values)
                MostAtOnce = Math.Max(MostAtOnce, ++current);
            Values.Enqueue(text);
            await (Gate?.Task ?? Task.CompletedTask);
            if (UntilCancelled)
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
                finally
                {
                    WasCancelled = true;
                }
            lock (Values)
                current--;
            if (Fails(text))
                throw new FunctionFailedException(new() { Message = "told to" });
        }
    }
}
