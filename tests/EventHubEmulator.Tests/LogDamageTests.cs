using System.Buffers.Binary;
using System.Text;
using CsCheck;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Hubs;
using IoTBackend.EventHubEmulator.Storage;
using Record = IoTBackend.EventHubEmulator.Storage.Record;

namespace EventHubEmulator.Tests;

public sealed class LogDamageTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("damage-").FullName;
    private readonly CommitPool _pool = new();
    private readonly List<string> _reports = [];

    public void Dispose()
    {
        _pool.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Any_bit_that_is_flipped_in_what_was_acknowledged_is_told_and_its_number_is_not_given_again()
    {
        await FillAsync("p", [1, 2]);
        var file = Files("p").Single();
        var whole = await File.ReadAllBytesAsync(file);
        // The last bytes of the header are the mark of a gap: another value there says nothing, and harms nothing.
        foreach (var at in Enumerable.Range(0, whole.Length).Where(at => at is < 28 or (>= Segment.HeaderBytes and < 70) || (at > 70 && at % 7 == 0)))
        {
            var damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << (at % 8));
            Restore("p", file, damaged);
            Assert.Contains("--repair", Assert.Throws<InvalidDataException>(() => Open("p")).Message, StringComparison.Ordinal);
            using var log = Open("p", repair: true);
            Assert.All(Read(log), one => Assert.Equal(Body(one.Sequence), one.Body));
            Assert.InRange(log.Tail.SequenceNumber, 2, 200);
        }
    }

    /// <summary>Behind it stand whole records, or the record itself is damaged twice: neither is what a kill leaves.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    public async Task A_length_of_rubbish_is_no_unfinished_write(int recordsBehind, bool bodyToo)
    {
        await FillAsync("p", [1, 1, 1]);
        var file = Files("p").Single();
        var whole = await File.ReadAllBytesAsync(file);
        var length = (whole.Length - Segment.HeaderBytes) / 3;
        foreach (var rubbish in new uint[] { 0, 1, 19, 0xDEADBEEF, int.MaxValue, 0x7FFFFFF8, 2 << 20 })
        {
            var damaged = whole.ToArray();
            var record = damaged.AsSpan(Segment.HeaderBytes + (length * (2 - recordsBehind)));
            BinaryPrimitives.WriteUInt32LittleEndian(record, rubbish);
            record[50] ^= (byte)(bodyToo ? 1 : 0);
            Restore("p", file, damaged);
            Assert.Contains("--repair", Assert.Throws<InvalidDataException>(() => Open("p")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_segment_that_is_missing_in_the_middle_is_told_and_after_a_repair_it_is_a_hole()
    {
        await FillAsync("p", Enumerable.Repeat(1, 60));
        File.Delete(Files("p")[2]);
        Assert.Throws<InvalidDataException>(() => Open("p"));
        using (var log = Open("p", repair: true)) Assert.InRange(Read(log).Count, 40, 59);
        using var again = Open("p");
        Assert.Equal((59, Body(59)), Read(again)[^1]);
    }

    [Fact]
    public async Task Where_the_newest_file_cannot_be_read_and_the_one_before_it_is_gone_its_name_says_which_numbers_were_given()
    {
        await FillAsync("n", Enumerable.Repeat(1, 22));
        var files = Files("n");
        File.Delete(files[^2]);
        var bytes = File.ReadAllBytes(files[^1]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(files[^1], bytes);
        using var log = Open("n", repair: true);
        await AppendAsync(log, 1, index => Body(index));
        Assert.True(log.Tail.SequenceNumber >= 22, $"{log.Tail.SequenceNumber} after 22 events");
    }

    [Fact]
    public void Whatever_happens_to_the_files_a_repair_keeps_true_events_only_and_never_goes_back() => Gen.Select(
        Gen.Int[1, 4].Array[1, 30], Gen.Select(Gen.Int[0, 10_000], Gen.Int[0, 100_000], Gen.Int[0, 3], Gen.Byte).Array[1, 4]).Sample((batches, blows) =>
    {
        var name = Guid.NewGuid().ToString("N");
        FillAsync(name, batches).GetAwaiter().GetResult();
        // The newest file once: who strikes a record's length and what is behind it as well makes what a kill leaves.
        var newest = Files(name)[^1];
        foreach (var (file, place, kind, value) in blows.DistinctBy(blow => Files(name)[blow.Item1 % Files(name).Length] == newest ? -1 : blow.Item2)) Strike(Files(name), file, place, kind, value);
        List<(long Sequence, string Body)> kept;
        long next;
        using (var log = Open(name, repair: true))
        {
            kept = Read(log);
            AppendAsync(log, 1, index => Body(index)).GetAwaiter().GetResult();
            next = log.Tail.SequenceNumber;
        }
        Assert.All(kept, one => Assert.Equal(Body(one.Sequence), one.Body));
        Assert.True(next >= batches.Sum(), $"{next} after {batches.Sum()} events");
        using var again = Open(name);
        Assert.Equal([.. kept.Select(one => one.Sequence), next], Read(again).Select(one => one.Sequence));
    }, iter: 15, threads: 1);

    /// <summary>Damage that cannot be taken for a write which a kill has cut short.</summary>
    private static void Strike(string[] files, int file, int place, int kind, byte value)
    {
        if (files.Length == 0) return;
        var path = files[file % files.Length];
        var isNewest = path == files[^1];
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length <= Segment.HeaderBytes) return;
        switch (kind)
        {
            case 0 when !isNewest: File.Delete(path); break;
            case 1 when !isNewest: File.WriteAllBytes(path, bytes[..(place % bytes.Length)]); break;
            case 2: File.Delete(SegmentIndexFile.PathOf(path)); break;
            default:
                var at = Segment.HeaderBytes + (place % (bytes.Length - Segment.HeaderBytes));
                bytes[at] ^= (byte)(value | 1);
                File.WriteAllBytes(path, bytes);
                break;
        }
    }

    private PartitionLog Open(string name, bool repair = false) =>
        new(Path.Combine(_directory, name), _pool, new() { SegmentBytes = 1024, Repair = repair }, TimeProvider.System, _reports.Add);

    private string[] Files(string name) => LogRecovery.Paths(Path.Combine(_directory, name));

    private void Restore(string name, string file, byte[] bytes)
    {
        foreach (var left in Directory.GetFiles(Path.Combine(_directory, name))) File.Delete(left);
        File.WriteAllBytes(file, bytes);
    }

    private static string Body(long sequence) => $"event {sequence}";

    private async Task FillAsync(string name, IEnumerable<int> batches)
    {
        using var log = Open(name);
        foreach (var count in batches) await AppendAsync(log, count, index => Body(log.Tail.SequenceNumber + 1 + index));
    }

    private static Task<AmqpError?> AppendAsync(PartitionLog log, int count, Func<int, string> body)
    {
        var writer = new AmqpWriter();
        for (var i = 0; i < count; i++)
        {
            writer.Descriptor(0x75);
            writer.Binary(RawPeer.Message(body(i)));
        }
        var outcome = new Outcome();
        log.Append(EventStamp.Write, new IncomingEvents(writer.Written, true, default, default), outcome);
        return outcome.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    private static List<(long Sequence, string Body)> Read(PartitionLog log)
    {
        var reader = new LogReader(log);
        reader.Seek(StartPosition.Earliest);
        var (buffer, found) = (new byte[8192], new List<(long, string)>());
        while (reader.Read(buffer) is var read and > 0)
        {
            var rest = buffer.AsSpan(0, read);
            while (Record.TryRead(rest, out var record))
            {
                var sections = new AmqpReader(MessageSections.Parse(record[Record.HeaderBytes..]).Rest);
                sections.ReadDescriptor();
                found.Add((Record.SequenceNumber(record), Encoding.UTF8.GetString(sections.ReadBinary())));
                reader.Advance(record);
                rest = rest[record.Length..];
            }
        }
        return found;
    }
}
