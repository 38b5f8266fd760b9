using System.Collections.Concurrent;
using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.Local.FunctionsHost.Queues;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Local.Tests.FunctionsRuntime;

public sealed class QueueTests(Azurite azurite) : IClassFixture<Azurite>
{
    private readonly string name = $"q{Guid.NewGuid():n}";
    private readonly Seen seen = new();

    [Fact]
    public async Task A_message_is_handled_once_and_deleted()
    {
        await using var host = await StartAsync(typeof(Texts));
        await SendAsync("héllo");
        await Wait.UntilAsync(() => seen.Values.Count == 1);
        Assert.Equal("héllo", seen.Values.Single());
        await Wait.UntilAsync(async () => (await Queue().GetPropertiesAsync()).Value.ApproximateMessagesCount == 0);
    }

    [Theory]
    [InlineData(typeof(Texts), "{\"text\":\"x\"}")]
    [InlineData(typeof(Bytes), "{\"text\":\"x\"}")]
    [InlineData(typeof(Objects), "x")]
    [InlineData(typeof(Messages), "{\"text\":\"x\"} 1")]
    public async Task A_message_comes_as_what_the_parameter_is(Type function, string expected)
    {
        await using var host = await StartAsync(function);
        await SendAsync("{\"text\":\"x\"}");
        await Wait.UntilAsync(() => seen.Values.Contains(expected));
    }

    [Fact]
    public async Task A_failing_message_is_tried_again_and_then_goes_to_the_poison_queue_as_it_was()
    {
        seen.Fails = _ => true;
        await using var host = await StartAsync(typeof(Texts), "AzureFunctionsJobHost:extensions:queues:maxDequeueCount=3");
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
        await using var host = await StartAsync(typeof(Texts));
        await SendAsync("once");
        await SendAsync("fine");
        await Wait.UntilAsync(() => seen.Values.Count == 3);
        Assert.Equal(["fine", "once", "once"], seen.Values.Order());
        Assert.False((await Queue("-poison").ExistsAsync()).Value);
    }

    [Fact]
    public async Task What_is_no_base64_or_no_json_ends_in_the_poison_queue_too()
    {
        await using var host = await StartAsync(typeof(Objects), "AzureFunctionsJobHost:extensions:queues:maxDequeueCount=1");
        await Queue().SendMessageAsync("not base64!");
        Assert.Equal("not base64!", (await PoisonAsync()).Body.ToString());
        await SendAsync("not json");
        Assert.Equal("not json", Decoded(await PoisonAsync()));
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
            typeof(Texts), "AzureFunctionsJobHost:extensions:queues:batchSize=4", "AzureFunctionsJobHost:extensions:queues:newBatchThreshold=2");
        await Wait.UntilAsync(() => seen.Values.Count >= 4);
        seen.Gate.SetResult();
        await Wait.UntilAsync(() => seen.Values.Count == 20);
        Assert.InRange(seen.MostAtOnce, 4, 6);
    }

    [Fact]
    public async Task A_stopping_host_finishes_what_is_running_and_leaves_the_rest()
    {
        seen.Gate = new();
        await using var host = await StartAsync(typeof(Texts), "AzureFunctionsJobHost:extensions:queues:batchSize=1", "AzureFunctionsJobHost:extensions:queues:newBatchThreshold=0");
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
    public async Task A_function_that_ignores_the_end_of_patience_is_cancelled()
    {
        seen.UntilCancelled = true;
        await using var host = await StartAsync(typeof(Texts), "Functions:DrainTimeout=00:00:00.5");
        await SendAsync("endless");
        await Wait.UntilAsync(() => seen.Values.Count == 1);
        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(seen.WasCancelled);
    }

    [Theory]
    [InlineData(new[] { false, false, false, false, true, false }, new[] { 100, 200, 400, 500, 0, 100 })]
    public void Looks_at_an_empty_queue_grow_rarer_up_to_the_maximum(bool[] found, int[] milliseconds)
    {
        var pause = new PollingPause(TimeSpan.FromMilliseconds(500));
        Assert.Equal(milliseconds, found.Select(pause.After).Select(wait => (int)wait.TotalMilliseconds));
    }

    private QueueClient Queue(string suffix = "") => new(azurite.ConnectionString, name + suffix);

    private async Task SendAsync(string text) => await Queue().SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));

    private static string Decoded(QueueMessage message) => Encoding.UTF8.GetString(Convert.FromBase64String(message.Body.ToString()));

    private async Task<QueueMessage> PoisonAsync()
    {
        QueueMessage? message = null;
        await Wait.UntilAsync(async () => (await Queue("-poison").ExistsAsync()).Value
            && (message = (await Queue("-poison").ReceiveMessageAsync(TimeSpan.FromHours(1))).Value) is not null);
        return message!;
    }

    private async Task<TestHost> StartAsync(Type function, params string[] settings)
    {
        await Queue().CreateIfNotExistsAsync();
        string[] all = [
            $"AzureWebJobsStorage={azurite.ConnectionString}", $"Queue:Name={name}", "AzureFunctionsJobHost:extensions:queues:maxPollingInterval=00:00:00.2",
            "AzureFunctionsJobHost:extensions:queues:visibilityTimeout=00:00:00", .. settings];
        return await TestHost.StartAsync([function], builder => builder.Services.AddSingleton(seen), all);
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
                await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => WasCancelled = true, TaskScheduler.Default);
            lock (Values)
                current--;
            if (Fails(text))
                throw new InvalidOperationException("told to");
        }
    }

    internal sealed record Message(string Text);

    private sealed class Texts(Seen seen)
    {
        [Function("Texts")]
        public Task RunAsync([QueueTrigger("%Queue__Name%", Connection = "AzureWebJobsStorage")] string message, CancellationToken cancellationToken) =>
            seen.AddAsync(message, cancellationToken);
    }

    private sealed class Bytes(Seen seen)
    {
        [Function("Bytes")]
        public Task RunAsync([QueueTrigger("%Queue__Name%")] BinaryData message) => seen.AddAsync(message.ToString(), default);
    }

    private sealed class Objects(Seen seen)
    {
        [Function("Objects")]
        public Task RunAsync([QueueTrigger("%Queue__Name%")] Message message) => seen.AddAsync(message.Text, default);
    }

    private sealed class Messages(Seen seen)
    {
        [Function("Messages")]
        public Task RunAsync([QueueTrigger("%Queue__Name%")] QueueMessage message) => seen.AddAsync($"{message.Body} {message.DequeueCount}", default);
    }
}
