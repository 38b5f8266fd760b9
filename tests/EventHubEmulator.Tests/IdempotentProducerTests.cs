using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Storage;

namespace EventHubEmulator.Tests;

public sealed class IdempotentProducerTests
{
    [Theory]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    [InlineData(false, false, 2)]
    public async Task A_batch_whose_acknowledgement_was_lost_is_stored_once_even_after_a_restart(bool idempotent, bool restart, int expected)
    {
        await using var hub = await TestHub.StartAsync();
        await using var wire = new FaultyWire(hub.Port);
        await using var producer = new EventHubBufferedProducerClient(hub.ConnectionString.Replace($":{hub.Port}", $":{wire.Port}"), new EventHubBufferedProducerClientOptions
        {
            EnableIdempotentRetries = idempotent,
            RetryOptions = TestHub.Fast,
        });
        producer.SendEventBatchFailedAsync += _ => Task.CompletedTask;
        await EnqueueAsync(producer, "first");
        await EnqueueAsync(producer, "lost", async () =>
        {
            await wire.LoseTheNextAnswer().WaitAsync(TimeSpan.FromMinutes(1));
            if (restart) await hub.StopAsync();
            if (restart) await hub.StartAgainAsync();
            wire.Mend();
        });
        await EnqueueAsync(producer, "last");
        var stored = (await hub.ReadAllAsync()).Select(one => one.EventBody.ToString());
        Assert.Equal(["first", .. Enumerable.Repeat("lost", expected), "last"], stored);
    }

    [Fact]
    public async Task Each_event_carries_who_published_it_and_its_number()
    {
        await using var hub = await TestHub.StartAsync();
        await using var producer = new EventHubBufferedProducerClient(hub.ConnectionString, new EventHubBufferedProducerClientOptions { EnableIdempotentRetries = true });
        producer.SendEventBatchFailedAsync += _ => Task.CompletedTask;
        await EnqueueAsync(producer, "0");
        await EnqueueAsync(producer, "1");
        var numbers = (await hub.ReadAllAsync()).Select(one => one.SystemProperties["com.microsoft:producer-sequence-number"]);
        Assert.Equal([0, 1], numbers);
    }

    [Theory]
    [InlineData(0, 0, 9, null)]
    [InlineData(0, 10, 10, null)]
    [InlineData(1, 0, 0, null)]
    [InlineData(0, 5, 5, AmqpError.OutOfOrderSequence)]
    [InlineData(0, 11, 11, AmqpError.OutOfOrderSequence)]
    [InlineData(1, 1, 1, AmqpError.OutOfOrderSequence)]
    [InlineData(-1, 10, 10, AmqpError.ProducerEpochStolen)]
    public void A_batch_has_to_repeat_a_late_one_or_to_follow_the_last(short epoch, int first, int last, string? refusal)
    {
        var producers = new IdempotentProducers();
        producers.Note(new(7, 0, 0, 9), 100);
        var batch = new PublishedBatch(7, epoch, first, last);
        if (refusal is null) Assert.Equal(last == 9, producers.IsRepeat(batch));
        else Assert.Equal(refusal, Assert.Throws<AmqpException>(() => producers.IsRepeat(batch)).Error.Condition);
    }

    [Fact]
    public void Numbers_begin_again_at_zero_after_the_largest()
    {
        var producers = new IdempotentProducers();
        producers.Note(new(7, 0, 1, int.MaxValue), 100);
        Assert.False(producers.IsRepeat(new(7, 0, 0, 0)));
    }

    [Fact]
    public void What_the_disk_did_not_take_may_be_published_again()
    {
        var producers = new IdempotentProducers();
        producers.Note(new(7, 0, 0, 0), 100);
        producers.Note(new(7, 0, 1, 1), 101);
        producers.ForgetAfter(100);
        Assert.False(producers.IsRepeat(new(7, 0, 1, 1)));
        Assert.True(producers.IsRepeat(new(7, 0, 0, 0)));
    }

    private static async Task EnqueueAsync(EventHubBufferedProducerClient producer, string body, Func<Task>? meanwhile = null)
    {
        // First: the producer may have its answer before this goes on.
        var other = meanwhile?.Invoke() ?? Task.CompletedTask;
        await producer.EnqueueEventAsync(new EventData(body), new EnqueueEventOptions { PartitionId = "0" });
        await Task.WhenAll(producer.FlushAsync(), other);
    }
}
