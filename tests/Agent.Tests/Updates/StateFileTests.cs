using CsCheck;
using IoTBackend.Agent.Updates;

namespace Agent.Tests.Updates;

public sealed class StateFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");

    private string Path => System.IO.Path.Combine(_folder.FullName, "state.json");

    [Fact]
    public void What_was_written_is_read_back_whole()
    {
        var record = new WorkloadRecord
        {
            Current = Device.Image('a'),
            Trial = new(Device.Image('b'), TrialPhase.Trying, 2),
            Refused = Device.Image('c'),
            Watched = true,
            Report = new("r", 1, "deferred", "pumping", DateTimeOffset.UnixEpoch),
        };
        Open().Change("sensor", _ => record);
        Assert.Equal(record with { Fetched = [] }, Open().Read("sensor") with { Fetched = record.Fetched });
    }

    [Fact]
    public void A_power_cut_in_the_middle_of_a_write_leaves_what_was_there() => Gen.Byte.Array[0, 400].Sample(torn =>
    {
        Open().Change("sensor", r => r.Want(Device.Image('a')));
        // The next write got as far as this.
        File.WriteAllBytes(Path + ".new", torn);
        Assert.Equal(Device.Image('a'), Open().Read("sensor").Trial?.Target);
        Open().Change("sensor", r => r.Want(Device.Image('b')));
        Assert.Equal(Device.Image('b'), Open().Read("sensor").Trial?.Target);
    }, iter: 20, threads: 1);

    [Fact]
    public void A_file_that_cannot_be_read_is_put_aside_and_what_runs_is_taken_for_what_is_meant()
    {
        File.WriteAllText(Path, "\0\0\0\0");
        var state = Open();
        state.Adopt([new("1", "sensor", Device.Image('a').Image, "old", false), new("2", "sensor", Device.Image('b').Image, "new", true)]);
        Assert.Equal(Device.Image('b').Image, Open().Read("sensor").Current?.Image);
        Assert.True(File.Exists(Path + ".bad"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"version":1,"tracks":null}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":null}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{}}}""")]
    [InlineData("""{"version":1,"tracks":{"../sensor":{"fetched":[]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"current":{"image":null,"release":"r"},"fetched":[]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"current":{"release":"r"},"fetched":[]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"current":{"image":"evil:latest","release":"r"},"fetched":[]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"trial":{"target":{"image":"evil:latest","release":"r"},"phase":"Ready"},"fetched":[]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"trial":{"target":{"image":"x","release":"r"},"phase":7},"fetched":[]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"fetched":["../containers/x"]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"fetched":[null]}}}""")]
    [InlineData("""{"version":1,"tracks":{"sensor":{"fetched":null}}}""")]
    public void A_file_that_is_not_as_the_agent_writes_it_is_put_aside(string text)
    {
        File.WriteAllText(Path, text);
        Assert.Empty(Open().Tracks);
        Assert.Equal(text, File.ReadAllText(Path + ".bad"));
    }

    [Theory]
    [InlineData("sensor", "evil:latest")]
    [InlineData("../sensor", null)]
    public void A_container_that_no_agent_can_have_made_is_not_taken_for_what_is_meant(string track, string? image)
    {
        var state = Open();
        state.Adopt([new("1", track, image ?? Device.Image('a').Image, "r", true)]);
        Assert.Empty(state.Tracks);
    }

    [Fact]
    public void A_full_disk_changes_nothing()
    {
        var state = Open();
        state.Change("sensor", r => r.Want(Device.Image('a')));
        // A directory in the place of the file to write: the write fails whoever runs the test.
        Directory.CreateDirectory(Path + ".new");
        Assert.ThrowsAny<Exception>(() => state.Change("sensor", r => r.Want(Device.Image('b'))));
        Assert.Equal(Device.Image('a'), state.Read("sensor").Trial?.Target);
        Assert.Equal(Device.Image('a'), Open().Read("sensor").Trial?.Target);
    }

    [Fact]
    public void A_report_is_told_although_the_disk_is_full()
    {
        var state = Open();
        state.Change("sensor", r => r.Want(Device.Image('a')));
        Directory.CreateDirectory(Path + ".new");
        var report = Report.Of(Device.Image('a'), "deferred", "the disk is full");
        state.ChangeReport("sensor", _ => report);
        Assert.Equal((report, Device.Image('a')), (state.Read("sensor").Report, state.Read("sensor").Trial?.Target));
        Directory.Delete(Path + ".new");
        state.Change("sensor", r => r.Want(Device.Image('b')));
        Assert.Equal(report, Open().Read("sensor").Report);
    }

    [Fact]
    public void The_file_is_its_owners_alone()
    {
        Open().Change("sensor", r => r.Want(Device.Image('a')));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private StateFile Open() => StateFile.Open(Path, _ => { });
}
