using System.Text;
using IoTBackend.Agent.Telemetry;

namespace Agent.Tests.Telemetry;

public sealed class DiskBufferTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");

    [Fact]
    public void Readings_come_out_in_their_order_and_go_when_they_have_arrived()
    {
        using var buffer = Open();
        Add(buffer, 3);
        var batch = buffer.Oldest()!;
        Assert.Equal([0, 1, 2], Sequences(batch));
        buffer.Remove(batch);
        Assert.Null(buffer.Oldest());
    }

    [Fact]
    public void A_line_that_a_power_cut_tore_is_left_out_and_the_numbers_go_on()
    {
        using (var buffer = Open())
            Add(buffer, 2);
        var file = Directory.GetFiles(_folder.FullName, "*.ndjson").Single();
        File.AppendAllText(file, """{"seq":2,"batt""");
        using var again = Open();
        Assert.Equal(2, again.NextSequence);
        Add(again, 1);
        Assert.Equal([0, 1], Sequences(again.Oldest()!));
    }

    [Fact]
    public void The_numbers_go_on_when_nothing_is_left_of_the_readings()
    {
        using (var buffer = Open())
        {
            Add(buffer, 5);
            buffer.Remove(buffer.Oldest()!);
        }

        using var again = Open();
        Assert.Equal(5, again.NextSequence);
    }

    [Fact]
    public void It_never_takes_more_of_the_disk_than_it_may_and_the_oldest_go_first()
    {
        using var buffer = new DiskBuffer(_folder.FullName, 400_000);
        Add(buffer, 800, new string('x', 1000));
        Assert.InRange(_folder.GetFiles("*.ndjson").Sum(f => f.Length), 1, 400_000 + 131_072);
        Assert.True(Sequences(buffer.Oldest()!)[0] > 0);
        Assert.True(buffer.DroppedBytes > 0);
    }

    [Fact]
    public void A_batch_is_less_than_the_server_takes()
    {
        using var buffer = Open();
        Add(buffer, 500, new string('x', 1000));
        Assert.InRange(buffer.Oldest()!.Lines.Length, 1, 262_144);
    }

    [Fact]
    public void What_the_disk_does_not_take_is_sent_from_memory_after_what_it_took()
    {
        using var buffer = Open();
        Add(buffer, 2);
        // A folder in the place of the file to come: the write fails whoever runs the test.
        var taken = _folder.CreateSubdirectory($"{2:D19}.ndjson");
        buffer.Remove(buffer.Oldest()!);
        Add(buffer, 1);
        taken.Delete();
        var batch = buffer.Oldest()!;
        Assert.Null(batch.Path);
        Assert.Equal([2], Sequences(batch));
        buffer.Remove(batch);
        Add(buffer, 1);
        Assert.Equal([3], Sequences(buffer.Oldest()!));
    }

    [Fact]
    public void A_disk_that_stays_full_costs_little_memory()
    {
        using var buffer = Open();
        foreach (var number in Enumerable.Range(0, 100))
            _folder.CreateSubdirectory($"{number:D19}.ndjson");
        Add(buffer, 100, new string('x', 1000));
        _folder.Delete(recursive: true);
        _folder.Create();
        Assert.InRange(buffer.Oldest()!.Lines.Length, 1, 16 * 1024);
        Assert.Equal(99, Sequences(buffer.Oldest()!)[^1]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private DiskBuffer Open() => new(_folder.FullName, 1_000_000);

    private static void Add(DiskBuffer buffer, int count, string padding = "")
    {
        for (var i = 0; i < count; i++)
            buffer.Append(Encoding.UTF8.GetBytes($$"""{"seq":{{buffer.NextSequence}},"pad":"{{padding}}"}""" + "\n"));
    }

    private static long[] Sequences(Batch batch) =>
        [.. Encoding.UTF8.GetString(batch.Lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => long.Parse(l[7..l.IndexOf(',')], null))];
}
