using System.Text;
using Azure.Storage.Blobs;
using IoTBackend.Adapters.Ingest;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using Local.Tests;

namespace Adapters.Tests.Ingest;

public sealed class BlobDeadLettersTests : IClassFixture<Azurite>
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 23, 0, 0, TimeSpan.Zero);

    private readonly BlobServiceClient _blobs;
    private readonly BlobDeadLetters _letters;

    public BlobDeadLettersTests(Azurite azurite)
    {
        _blobs = new(azurite.ConnectionString);
        _blobs.GetBlobContainerClient(BlobDeadLetters.Container).DeleteIfExists();
        _letters = new(_blobs);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_letter_is_found_with_its_bytes_and_its_reasons()
    {
        await _letters.AddAsync([Letter(7, "Reading 0: a"), Letter(7, "Reading 2: b")], Cancellation);
        var letter = (await _letters.FindAsync("20261123-2-7", Cancellation))!;
        Assert.Equal(("a", "Reading 0: a\nReading 2: b", "junk"), (letter.DeviceId, letter.Reason, Encoding.UTF8.GetString(letter.Body!)));
        Assert.Null(await _letters.FindAsync("20261123-2-8", Cancellation));
        Assert.Null(await _letters.FindAsync("../20261123-2-7", Cancellation));
    }

    [Fact]
    public async Task The_same_letter_twice_is_one_letter()
    {
        await _letters.AddAsync([Letter(1), Letter(2)], Cancellation);
        await new BlobDeadLetters(_blobs).AddAsync([Letter(2), Letter(3)], Cancellation);
        Assert.Equal(3, await _letters.CountAsync(Cancellation));
        Assert.Equal(3, (await _letters.ListAsync(10, null, Cancellation)).DeadLetters.Count);
    }

    [Fact]
    public async Task A_removed_letter_is_none_though_it_is_delivered_again()
    {
        await _letters.AddAsync([Letter(1), Letter(2)], Cancellation);
        await _letters.RemoveAsync("20261123-2-1", Cancellation);
        await _letters.AddAsync([Letter(1)], Cancellation);
        Assert.Equal(["20261123-2-2"], (await _letters.ListAsync(10, null, Cancellation)).DeadLetters.Select(l => l.Id));
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
            var page = await _letters.ListAsync(3, continuation, Cancellation);
            ids.AddRange(page.DeadLetters.Select(l => l.Id));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        Assert.Equal([.. Enumerable.Range(5000, 5).Reverse().Select(i => $"20261124-2-{i}"), .. Enumerable.Range(990, 20).Reverse().Select(i => $"20261123-2-{i}")], ids);
    }

    [Fact]
    public async Task Letters_larger_than_a_block_together_are_all_kept()
    {
        await _letters.AddAsync([.. Enumerable.Range(0, 8).Select(i => Letter(i) with { Event = Letter(i).Event with { Body = new byte[1_000_000] } })], Cancellation);
        Assert.Equal(8, await _letters.CountAsync(Cancellation));
        Assert.Equal(1_000_000, (await _letters.FindAsync("20261123-2-7", Cancellation))!.Body!.Length);
    }

    private static DeadLetter Letter(long sequenceNumber, string reason = "It is junk.", int days = 0) => new(2, new()
    {
        SequenceNumber = sequenceNumber,
        EnqueuedAt = Start.AddDays(days),
        DeviceId = "a",
        Body = "junk"u8.ToArray(),
    }, reason);
}
