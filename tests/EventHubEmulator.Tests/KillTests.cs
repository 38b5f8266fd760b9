using System.Collections.Concurrent;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using Azure.Messaging.EventHubs.Producer;

namespace EventHubEmulator.Tests;

/// <summary>HUB_KILLS sets how often; 5 by default.</summary>
public sealed class KillTests
{
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("HUB_KILLS"), out var kills) ? kills : 5;

    [Fact]
    public async Task What_was_acknowledged_survives_every_kill_once_and_in_unbroken_sequence()
    {
        var data = Directory.CreateTempSubdirectory("kill-").FullName;
        var acknowledged = new ConcurrentDictionary<string, bool>();
        var port = 0;
        for (var round = 0; round < Kills; round++)
        {
            using var hub = await HubProcess.StartAsync(data, port, "--segment-mb", "1");
            port = hub.Port;
            using var stop = new CancellationTokenSource();
            var sending = Task.WhenAll(Enumerable.Range(0, 4).Select(partition => SendAsync(port, partition, $"{round}", acknowledged, stop.Token)));
            await UntilAsync(() => acknowledged.Keys.Count(body => body.StartsWith($"{round}/", StringComparison.Ordinal)) > 10);
            await Task.Delay(Random.Shared.Next(0, 900));
            hub.Kill();
            await stop.CancelAsync();
            await sending;
        }
        using (var hub = await HubProcess.StartAsync(data, port, "--segment-mb", "1"))
        {
            var stored = new HashSet<string>();
            for (var partition = 0; partition < 4; partition++) Collect(await ReadAllAsync(hub.Port, $"{partition}"), stored);
            Assert.Empty(acknowledged.Keys.Except(stored));
            Assert.Equal(0, await hub.StopAsync());
        }
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task What_an_idempotent_producer_sends_through_kills_is_there_once_and_in_order()
    {
        var data = Directory.CreateTempSubdirectory("kill-").FullName;
        var hub = await HubProcess.StartAsync(data, 0, "--segment-mb", "1");
        var (port, next) = (hub.Port, 0);
        var failures = new ConcurrentBag<Exception>();
        await using (var producer = new EventHubBufferedProducerClient(Connection(port), new EventHubBufferedProducerClientOptions
        {
            EnableIdempotentRetries = true,
            MaximumWaitTime = TimeSpan.FromMilliseconds(5),
            RetryOptions = new() { MaximumRetries = 50, Delay = TimeSpan.FromMilliseconds(50), MaximumDelay = TimeSpan.FromSeconds(2), TryTimeout = TimeSpan.FromSeconds(10) },
        }))
        {
            producer.SendEventBatchFailedAsync += failed =>
            {
                failures.Add(failed.Exception);
                return Task.CompletedTask;
            };
            for (var round = 0; round < Kills; round++)
            {
                for (var i = 0; i < 300; i++, next++) await producer.EnqueueEventAsync(new EventData($"{next}"), new EnqueueEventOptions { PartitionId = $"{next % 4}" });
                hub.Dispose();
                hub = await HubProcess.StartAsync(data, port, "--segment-mb", "1");
            }
            await producer.FlushAsync();
        }
        Assert.Empty(failures);
        for (var partition = 0; partition < 4; partition++)
            Assert.Equal(Enumerable.Range(0, next).Where(i => i % 4 == partition), (await ReadAllAsync(port, $"{partition}")).Select(one => int.Parse(one.EventBody.ToString())));
        hub.Dispose();
        Directory.Delete(data, recursive: true);
    }

    /// <summary>Batches of three, several at once, none ever sent twice: whatever is there twice the hub has doubled.</summary>
    private static async Task SendAsync(int port, int partition, string round, ConcurrentDictionary<string, bool> acknowledged, CancellationToken stop)
    {
        await using var producer = new EventHubProducerClient(Connection(port), new EventHubProducerClientOptions { RetryOptions = new() { MaximumRetries = 0, TryTimeout = TimeSpan.FromSeconds(20) } });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async lane =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var bodies = Enumerable.Range(0, 3).Select(n => $"{round}/{partition}/{lane}/{i}/{n}").ToArray();
                try
                {
                    await producer.SendAsync(bodies.Select(body => new EventData(body)), new SendEventOptions { PartitionId = $"{partition}" }, stop);
                    foreach (var body in bodies) acknowledged[body] = true;
                }
                catch (Exception)
                {
                    // Not acknowledged, in whichever way the client says so: it lets exceptions of sockets and of its AMQP library out, too.
                    return;
                }
            }
        }));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var end = DateTime.UtcNow.AddMinutes(3); !condition(); await Task.Delay(20))
            Assert.True(DateTime.UtcNow < end, "hardly anything was acknowledged within three minutes");
    }

    private static async Task<List<EventData>> ReadAllAsync(int port, string partition)
    {
        await using var receiver = new PartitionReceiver("$Default", partition, EventPosition.Earliest, Connection(port), new() { PrefetchCount = 1000 });
        var last = (await receiver.GetPartitionPropertiesAsync()).LastEnqueuedSequenceNumber;
        return last < 0 ? [] : await TestHub.ReadAsync(receiver, (int)last + 1);
    }

    private static void Collect(List<EventData> events, HashSet<string> stored)
    {
        for (var i = 0; i < events.Count; i++)
        {
            Assert.Equal(i, events[i].SequenceNumber);
            Assert.True(stored.Add(events[i].EventBody.ToString()), $"{events[i].EventBody} is there twice");
        }
    }

    private static string Connection(int port) =>
        $"Endpoint=sb://localhost:{port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;EntityPath=telemetry";
}
