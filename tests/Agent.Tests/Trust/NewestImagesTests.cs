using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;

namespace Agent.Tests.Trust;

public sealed class NewestImagesTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");

    private string Newest => Path.Combine(_folder.FullName, "newest.json");

    [Fact]
    public void A_file_in_which_the_time_alone_is_written_is_read()
    {
        File.WriteAllText(Newest, """{"sensor":"2026-01-01T00:00:00+00:00","other":"2026-01-01T00:00:00+00:00"}""");
        Assert.NotNull(new NewestImages(Newest).Refusal("sensor", Image('a'), Day, null));
        new NewestImages(Newest).Keep("sensor", Image('b'), Day.AddDays(1));
        Assert.Null(new NewestImages(Newest).Refusal("sensor", Image('b'), Day.AddDays(1), null));
        Assert.NotNull(new NewestImages(Newest).Refusal("sensor", Image('c'), Day.AddDays(1), null));
        Assert.NotNull(new NewestImages(Newest).Refusal("other", Image('a'), Day, null));
    }

    [Fact]
    public void The_newest_that_was_kept_is_older_than_what_ran_unasked()
    {
        var newest = new NewestImages(Newest);
        newest.Keep("sensor", Image('a'), Day);
        Assert.NotNull(newest.Refusal("sensor", Image('a'), Day, runs: Day.AddDays(1)));
    }

    [Theory]
    [InlineData("""{"sensor":null}""")]
    [InlineData("""{"sensor":7}""")]
    [InlineData("""{"sensor":"yesterday"}""")]
    [InlineData("""{"sensor":{"digest":"sha256:a"}}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void One_that_cannot_be_read_is_told_and_not_taken_for_none(string content)
    {
        File.WriteAllText(Newest, content);
        Assert.Throws<IOException>(() => new NewestImages(Newest));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static ImageName Image(char name) => ImageName.Parse(Updates.Device.Image(name).Image)!;
}
