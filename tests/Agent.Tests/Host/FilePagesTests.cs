using IoTBackend.Agent.Host;

namespace Agent.Tests.Host;

public sealed class FilePagesTests
{
    [Fact]
    public void Pages_of_files_are_given_back_and_come_again_when_they_are_needed()
    {
        var before = Kilobytes();
        FilePages.Leave();
        Assert.InRange(Kilobytes(), 0, before - 1000);
        GC.Collect();
        Assert.Equal("A", System.Text.Json.JsonSerializer.Deserialize<string>("\"\\u0041\""));
    }

    private static int Kilobytes() => int.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssFile:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), null);
}
