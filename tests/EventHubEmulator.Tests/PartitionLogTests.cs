using CsCheck;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Hubs;
using IoTBackend.EventHubEmulator.Storage;
using Microsoft.Extensions.Time.Testing;
using Record = IoTBackend.EventHubEmulator.Storage.Record;

namespace EventHubEmulator.Tests;

public sealed class PartitionLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("log-").FullName;
    private readonly FakeTimeProvider _time = new(new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));
    private readonly CommitPool _pool = new();
    private readonly List<string> _reports = [];
    private LogOptions _options = new() { SegmentBytes = 4096 };

    public void Dispose()
    {
        _pool.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Every_start_position_finds_its_event_across_segments()
    {
        using var log = Open();
        for (var i = 0; i < 300; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.Null(await AppendAsync(log, $"{i}"));
        }
        Assert.True(log.Segments.Count > 5);
        var offsets = Read(log, StartPosition.Earliest).Select(record => record.Offset).ToArray();
        Gen.Int[0, 299].Sample(i =>
        {
            var time = _time.GetUtcNow().ToUnixTimeMilliseconds() - ((299 - i) * 10);
            Assert.Equal(i, First(log, new(StartKind.SequenceNumber, i, true)));
            Assert.Equal(i, First(log, new(StartKind.SequenceNumber, i - 1, false)));
            Assert.Equal(i, First(log, new(StartKind.Offset, offsets[i], true)));
            Assert.Equal(i, First(log, new(StartKind.EnqueuedMilliseconds, time - 5, false)));
        }, iter: 100, threads: 1);
    }

    [Fact]
    public async Task A_tail_that_was_torn_anywhere_is_cut_back_to_whole_batches_and_the_numbers_go_on()
    {
        _options = new();
        using (var log = Open())
            for (var i = 0; i < 4; i++) await AppendAsync(log, "a", "b", "c");
        var file = Directory.GetFiles(Path.Combine(_directory, "p")).Single();
        var whole = await File.ReadAllBytesAsync(file);
        for (var length = Segment.HeaderBytes; length < whole.Length; length += 37)
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            using var log = Open();
            var kept = log.Tail.SequenceNumber + 1;
            Assert.Equal(0, kept % 3);
            Assert.Null(await AppendAsync(log, "next"));
            Assert.Equal(Enumerable.Range(0, (int)kept + 1).Select(n => (long)n), Read(log, StartPosition.Earliest).Select(record => record.Sequence));
        }
        Assert.Contains(_reports, line => line.StartsWith("cut ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_restart_without_index_files_finds_the_same()
    {
        using (var log = Open())
            for (var i = 0; i < 200; i++) await AppendAsync(log, $"{i}");
        foreach (var index in Directory.GetFiles(Path.Combine(_directory, "p"), "*.idx")) File.Delete(index);
        using var again = Open();
        Assert.Equal(200, Read(again, StartPosition.Earliest).Count);
        Assert.Equal(150, First(again, new(StartKind.SequenceNumber, 150, true)));
    }

    [Fact]
    public async Task Old_and_surplus_segments_go_and_a_slow_reader_goes_on_with_the_oldest_left()
    {
        _options = _options with { Retention = TimeSpan.FromHours(1), RetentionBytes = 20_000 };
        using var log = Open();
        for (var i = 0; i < 100; i++) await AppendAsync(log, $"{i}");
        var reader = new LogReader(log);
        reader.Seek(StartPosition.Earliest);
        _time.Advance(TimeSpan.FromHours(2));
        for (var i = 0; i < 20; i++) await AppendAsync(log, $"{i}");
        log.Retain();
        Assert.InRange(log.BeginSequenceNumber, 70, 119);
        var buffer = new byte[8192];
        Assert.True(Record.TryRead(buffer.AsSpan(0, reader.Read(buffer)), out var record));
        Assert.Equal(log.BeginSequenceNumber, Record.SequenceNumber(record));
        Assert.Equal(119, log.Tail.SequenceNumber);
    }

    [Fact]
    public async Task A_disk_that_refuses_is_reported_as_busy_and_leaves_no_hole()
    {
        using var log = Open();
        Assert.Null(await AppendAsync(log, "kept"));
        _options = _options with { SegmentBytes = 1 };
        using var narrow = new PartitionLog(Path.Combine(_directory, "q"), _pool, _options, _time, _reports.Add);
        Assert.Null(await AppendAsync(narrow, "first"));
        // The next segment cannot be made where its file is a directory.
        Directory.CreateDirectory(Path.Combine(_directory, "q", "00000000000000000001.log"));
        Assert.Equal(AmqpError.ServerBusy, (await AppendAsync(narrow, "refused"))?.Condition);
        Directory.Delete(Path.Combine(_directory, "q", "00000000000000000001.log"));
        Assert.Null(await AppendAsync(narrow, "second"));
        Assert.Equal([0L, 1L], Read(narrow, StartPosition.Earliest).Select(record => record.Sequence));
    }

    [Fact]
    public async Task Repeats_are_known_across_segments_and_restarts_and_the_numbers_have_no_hole()
    {
        for (var i = 0; i < 60; i++)
        {
            using var log = Open();
            Assert.Null(await PublishAsync(log, producer: 7 + (i % 2), sequence: i / 2));
            if (i >= 2) Assert.Null(await PublishAsync(log, producer: 7 + (i % 2), sequence: (i / 2) - 1));
            Assert.Equal(i, log.Tail.SequenceNumber);
        }
        Assert.True(Directory.GetFiles(Path.Combine(_directory, "p"), "*.log").Length > 2);
        using var last = Open();
        Assert.Equal(AmqpError.OutOfOrderSequence, (await Assert.ThrowsAsync<AmqpException>(() => PublishAsync(last, 7, 31))).Error.Condition);
    }

    private PartitionLog Open() => new(Path.Combine(_directory, "p"), _pool, _options, _time, _reports.Add);

    private static Task<AmqpError?> AppendAsync(PartitionLog log, params string[] bodies)
    {
        var writer = new AmqpWriter();
        foreach (var body in bodies)
        {
            writer.Descriptor(0x75);
            writer.Binary(RawPeer.Message(body));
        }
        var outcome = new Outcome();
        log.Append(EventStamp.Write, new IncomingEvents(writer.Written, true, default, default), outcome);
        return outcome.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    private static Task<AmqpError?> PublishAsync(PartitionLog log, long producer, int sequence)
    {
        var writer = new AmqpWriter();
        writer.Descriptor(0x72);
        var map = writer.BeginMap(6);
        writer.Symbol("com.microsoft:producer-id");
        writer.Long(producer);
        writer.Symbol("com.microsoft:producer-epoch");
        writer.Short(0);
        writer.Symbol("com.microsoft:producer-sequence-number");
        writer.Int(sequence);
        writer.End(map);
        writer.Raw(RawPeer.Message(new('x', 50)));
        var outcome = new Outcome();
        log.Append(EventStamp.Write, new IncomingEvents(writer.Written, false, default, default), outcome, PublishedBatch.Of(writer.Written, false));
        return outcome.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    private static long First(PartitionLog log, StartPosition start)
    {
        var reader = new LogReader(log);
        reader.Seek(start);
        return reader.NextSequence;
    }

    private static List<(long Sequence, long Offset)> Read(PartitionLog log, StartPosition start)
    {
        var reader = new LogReader(log);
        reader.Seek(start);
        var (buffer, records, offset) = (new byte[8192], new List<(long, long)>(), 0L);
        while (reader.Read(buffer) is var read and > 0)
        {
            var rest = buffer.AsSpan(0, read);
            while (Record.TryRead(rest, out var record))
            {
                records.Add((Record.SequenceNumber(record), offset));
                offset += record.Length;
                reader.Advance(record);
                rest = rest[record.Length..];
            }
        }
        return records;
    }
}
