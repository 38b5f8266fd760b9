using System.Collections.Concurrent;
using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.FunctionsHost.Queues;
using IoTBackend.FunctionsHost.Settings;
using IoTBackend.FunctionsHost.Workers;
using Local.Tests;
using Microsoft.Azure.WebJobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsHost.Tests;

/// <summary>
/// Microsoft's own queue listener, of the WebJobs SDK that Azure's host is made of, and this host's, each on a queue with the same messages:
/// both try the same messages as often, as far apart, and give up the same ones in the same form.
/// </summary>
public sealed class OracleTests(StorageAccount storage) : IClassFixture<StorageAccount>
{
    private const int Attempts = 3;
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Both_listeners_handle_the_same_messages_alike()
    {
        var theirs = await HandledByWebJobsAsync("theirs");
        var ours = await HandledByUsAsync("ours");
        Assert.Equal(theirs.Tries, ours.Tries);
        Assert.Equal(theirs.Poison, ours.Poison);
        Assert.All([theirs, ours], outcome => Assert.InRange(outcome.ShortestPause, Visibility - TimeSpan.FromMilliseconds(100), 10 * Visibility));
    }

    private async Task<Outcome> HandledByWebJobsAsync(string name)
    {
        await SendAsync(name);
        WebJobsFunction.Tried = new();
        using var host = new HostBuilder()
            .ConfigureAppConfiguration(settings => settings.AddInMemoryCollection([new("AzureWebJobsStorage", storage.ConnectionString), new("Oracle", name)]))
            .ConfigureWebJobs(jobs =>
            {
                jobs.AddAzureStorageCoreServices();
                jobs.AddAzureStorageQueues(queues =>
                    (queues.MaxDequeueCount, queues.VisibilityTimeout, queues.MaxPollingInterval) = (Attempts, Visibility, TimeSpan.FromMilliseconds(200)));
            })
            .ConfigureServices(services => services.AddSingleton<ITypeLocator>(new OnlyThat()))
            .Build();
        await host.StartAsync();
        var outcome = await OutcomeAsync(name, WebJobsFunction.Tried);
        await host.StopAsync();
        return outcome;
    }

    private async Task<Outcome> HandledByUsAsync(string name)
    {
        await SendAsync(name);
        var tried = new Tried();
        var settings = new AppSettings(new ConfigurationBuilder().AddInMemoryCollection([new("AzureWebJobsStorage", storage.ConnectionString)]).Build());
        var function = Declared.Function("Oracle", $$"""{"type":"queueTrigger","name":"message","queueName":"{{name}}"}""");
        var options = new QueueSettings(16, 8, Attempts, TimeSpan.FromMilliseconds(200), Visibility, Base64: true);
        await using var listening = new Listening(QueueFeed.Prepare(function, settings, new(settings), options)(
            new(function, (request, _) => tried.Add(request.InputData[0].Data.String) ? Task.CompletedTask : throw new FunctionFailedException(new() { Message = "bad" }),
                TimeProvider.System, NullLogger.Instance)));
        return await OutcomeAsync(name, tried);
    }

    private async Task SendAsync(string name)
    {
        var queue = new QueueClient(storage.ConnectionString, name);
        await queue.CreateIfNotExistsAsync();
        foreach (var text in (string[])["good", "bad", "{\"a\":1}", "héllo", "bad too"])
            await queue.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
        await queue.SendMessageAsync("not base64!");
    }

    private async Task<Outcome> OutcomeAsync(string name, Tried tried)
    {
        var poison = new QueueClient(storage.ConnectionString, name + "-poison");
        await Wait.UntilAsync(async () => (await poison.ExistsAsync()).Value && (await poison.GetPropertiesAsync()).Value.ApproximateMessagesCount == 3
            && (await new QueueClient(storage.ConnectionString, name).GetPropertiesAsync()).Value.ApproximateMessagesCount == 0);
        var given = (await poison.ReceiveMessagesAsync(32)).Value;
        return new([.. tried.Texts.Order(StringComparer.Ordinal)], [.. given.Select(message => message.Body.ToString()).Order(StringComparer.Ordinal)], tried.ShortestPause());
    }

    private sealed record Outcome(string[] Tries, string[] Poison, TimeSpan ShortestPause);

    /// <summary>What a function was called with, and when.</summary>
    public sealed class Tried
    {
        private readonly ConcurrentQueue<(string Text, long At)> calls = new();

        public IEnumerable<string> Texts => calls.Select(call => call.Text);

        public bool Add(string text)
        {
            calls.Enqueue((text, TimeProvider.System.GetTimestamp()));
            return !text.StartsWith("bad", StringComparison.Ordinal);
        }

        /// <summary>Between two tries of one message.</summary>
        public TimeSpan ShortestPause() => calls.GroupBy(call => call.Text)
            .SelectMany(same => same.Zip(same.Skip(1), (one, next) => TimeProvider.System.GetElapsedTime(one.At, next.At))).Min();
    }

    public static class WebJobsFunction
    {
        public static Tried Tried { get; set; } = new();

        public static void Run([QueueTrigger("%Oracle%")] QueueMessage message)
        {
            if (!Tried.Add(message.Body.ToString()))
                throw new InvalidOperationException("bad");
        }
    }

    private sealed class OnlyThat : ITypeLocator
    {
        public IReadOnlyList<Type> GetTypes() => [typeof(WebJobsFunction)];
    }
}
