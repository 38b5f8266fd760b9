using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Core.Ingest;
using Local.Tests;

namespace Adapters.Tests.Ingest;

public sealed class BlobDeadLettersTests : IClassFixture<StorageAccount>
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 23, 0, 0, TimeSpan.Zero);

    private readonly string _connection;
    private readonly BlobServiceClient _blobs;
    private readonly BlobDeadLetters _letters;

    public BlobDeadLettersTests(StorageAccount storage)
    {
        _connection = storage.ConnectionString;
        _blobs = new(_connection);
        _blobs.GetBlobContainerClient(BlobDeadLetters.Container).DeleteIfExists();
        _letters = new(_blobs);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_letter_is_found_with_its_bytes_and_its_reasons()
    {
        await _letters.AddAsync([Letter(6, "x"), Letter(7, "Reading 0: a\nReading 2: b"), Letter(8, "y") with { Event = Letter(8).Event with { Body = "other"u8.ToArray() } }], Cancellation);
        var letter = (await _letters.FindAsync("20261123-2-7", Cancellation))!;
        Assert.Equal(("a", "Reading 0: a\nReading 2: b", "junk"), (letter.DeviceId, letter.Reason, Encoding.UTF8.GetString(letter.Body!)));
        Assert.Equal("other", Encoding.UTF8.GetString((await _letters.FindAsync("20261123-2-8", Cancellation))!.Body!));
        Assert.Null(await _letters.FindAsync("20261123-2-9", Cancellation));
        Assert.Null(await _letters.FindAsync("../20261123-2-7", Cancellation));
    }

    [Fact]
    public async Task The_same_letter_twice_is_one_letter()
    {
        await _letters.AddAsync([Letter(1), Letter(2)], Cancellation);
        await new BlobDeadLetters(_blobs).AddAsync([Letter(2), Letter(3)], Cancellation);
        Assert.Equal(3, await _letters.CountAsync(Cancellation));
        Assert.Equal(3, (await _letters.ListAsync(10, null, null, Cancellation)).DeadLetters.Count);
    }

    [Fact]
    public async Task A_removed_letter_is_none_though_it_is_delivered_again()
    {
        await _letters.AddAsync([Letter(1), Letter(2)], Cancellation);
        await _letters.RemoveAsync(["20261123-2-1"], Cancellation);
        await _letters.AddAsync([Letter(1)], Cancellation);
        Assert.Equal(["20261123-2-2"], (await _letters.ListAsync(10, null, null, Cancellation)).DeadLetters.Select(l => l.Id));
        Assert.Null(await _letters.FindAsync("20261123-2-1", Cancellation));
        Assert.Equal(1, await _letters.CountAsync(Cancellation));
    }

    [Fact]
    public async Task Pages_hold_every_letter_once_newest_days_first()
    {
        await _letters.AddAsync([.. Enumerable.Range(990, 20).Select(i => Letter(i)), .. Enumerable.Range(5000, 5).Select(i => Letter(i, days: 1))], Cancellation);
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            var page = await _letters.ListAsync(3, continuation, null, Cancellation);
            ids.AddRange(page.DeadLetters.Select(l => l.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        Assert.Equal([.. Enumerable.Range(5000, 5).Reverse().Select(i => $"20261124-2-{i}"), .. Enumerable.Range(990, 20).Reverse().Select(i => $"20261123-2-{i}")], ids);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(2)]
    public async Task Letters_of_a_reason_are_found_page_by_page_however_few_are_looked_at_for_one(int looked)
    {
        await _letters.AddAsync([.. Enumerable.Range(0, 12).Select(i => Letter(i, i % 3 == 0 ? "Device a is DISABLED." : "It is junk."))], Cancellation);
        var letters = new BlobDeadLetters(_blobs) { MaxLooked = looked };
        var ids = new List<string>();
        string? continuation = null;
        do
        {
            var page = await letters.ListAsync(3, continuation, "is disabled", Cancellation);
            ids.AddRange(page.DeadLetters.Select(l => l.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        Assert.Equal(["20261123-2-9", "20261123-2-6", "20261123-2-3", "20261123-2-0"], ids);
    }

    [Fact]
    public async Task Letters_of_several_blobs_are_found_with_their_bytes_and_removed_together()
    {
        await _letters.AddAsync([.. Enumerable.Range(990, 20).Select(i => Letter(i) with { Event = Letter(i).Event with { Body = Encoding.UTF8.GetBytes($"b{i}") } })], Cancellation);
        string[] ids = [.. Enumerable.Range(995, 10).Where(i => i % 2 == 1).Select(i => $"20261123-2-{i}")];
        var found = await _letters.FindAsync([.. ids, "20261123-2-7", "no id"], Cancellation);
        Assert.Equal(["b995", "b997", "b999", "b1001", "b1003"], found.Select(l => Encoding.UTF8.GetString(l.Body!)));
        await _letters.RemoveAsync(ids, Cancellation);
        Assert.Empty(await _letters.FindAsync(ids, Cancellation));
        Assert.Equal((15, 15), (await _letters.CountAsync(Cancellation), (await _letters.ListAsync(100, null, null, Cancellation)).DeadLetters.Count));
    }

    [Fact]
    public async Task Letters_larger_than_a_block_together_are_all_kept()
    {
        await _letters.AddAsync([.. Enumerable.Range(0, 8).Select(i => Letter(i) with { Event = Letter(i).Event with { Body = new byte[1_000_000] } })], Cancellation);
        Assert.Equal(8, await _letters.CountAsync(Cancellation));
        Assert.Equal(1_000_000, (await _letters.FindAsync("20261123-2-7", Cancellation))!.Body!.Length);
    }

    [Fact]
    public async Task Letters_are_counted_without_being_read()
    {
        await _letters.AddAsync([.. Enumerable.Range(990, 20).Select(i => Letter(i))], Cancellation);
        await _letters.RemoveAsync(["20261123-2-995"], Cancellation);
        var requests = new Requests();
        var options = new BlobClientOptions();
        options.AddPolicy(requests, HttpPipelinePosition.PerCall);
        Assert.Equal(19, await new BlobDeadLetters(new BlobServiceClient(_connection, options)).CountAsync(Cancellation));
        Assert.All(requests.Sent, r => Assert.Contains("comp=list", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Letters_that_several_processes_add_and_remove_at_once_are_counted_right()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(p => new BlobDeadLetters(_blobs).AddAsync([.. Enumerable.Range(0, 10).Select(i => Letter((p * 5) + i))], Cancellation)));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => _letters.RemoveAsync([$"20261123-2-{i}"], Cancellation)));
        Assert.Equal(40, await _letters.CountAsync(Cancellation));
        Assert.Equal(40, (await _letters.ListAsync(100, null, null, Cancellation)).DeadLetters.Count);
    }

    [Fact]
    public async Task Letters_are_listed_and_counted_while_they_are_written()
    {
        await _letters.AddAsync([Letter(0)], Cancellation);
        var writing = Task.Run(async () =>
        {
            for (var i = 1; i < 60; i++)
                await _letters.AddAsync([Letter(i)], Cancellation);
        }, Cancellation);
        do
        {
            Assert.InRange(await _letters.CountAsync(Cancellation), 1, 60);
            Assert.NotEmpty((await _letters.ListAsync(100, null, null, Cancellation)).DeadLetters);
        }
        while (!writing.IsCompleted);
        await writing;
    }

    [Fact]
    public async Task What_a_sender_chose_is_cut_in_the_letter_and_whole_in_its_body()
    {
        var letter = Letter(1, new string('r', 100_000));
        await _letters.AddAsync([letter with { Event = letter.Event with { ContentType = new string('c', 100_000), DeviceId = new string('d', 100_000), Body = new byte[200_000] } }], Cancellation);
        var found = (await _letters.FindAsync("20261123-2-1", Cancellation))!;
        Assert.Equal((8192, 256, 256, 200_000), (found.Reason.Length, found.ContentType!.Length, found.DeviceId!.Length, found.Body!.Length));
    }

    [Fact]
    public async Task A_letter_of_the_former_form_is_found()
    {
        await _letters.AddAsync([Letter(1)], Cancellation);
        var old = """{"id":"20261123-2-2","enqueuedAt":"2026-11-23T23:00:00+00:00","deviceId":"a","reason":"r","othersStored":false,"body":"anVuaw=="}""" + "\n";
        await _blobs.GetBlobContainerClient(BlobDeadLetters.Container).GetAppendBlobClient("2026-11-23/2-0000000000000000000.ndjson").AppendBlockAsync(new MemoryStream(Encoding.UTF8.GetBytes(old)), cancellationToken: Cancellation);
        Assert.Equal("junk", Encoding.UTF8.GetString((await _letters.FindAsync("20261123-2-2", Cancellation))!.Body!));
    }

    private sealed class Requests : HttpPipelineSynchronousPolicy
    {
        public List<string> Sent { get; } = [];

        public override void OnSendingRequest(HttpMessage message) => Sent.Add($"{message.Request.Method} {message.Request.Uri}");
    }

    private static DeadLetter Letter(long sequenceNumber, string reason = "It is junk.", int days = 0) => new(2, new()
    {
        SequenceNumber = sequenceNumber,
        EnqueuedAt = Start.AddDays(days),
        DeviceId = "a",
        Body = "junk"u8.ToArray(),
    }, reason);
}
