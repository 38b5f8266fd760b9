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

    [Fact]
    public void Only_mappings_without_a_changed_page_are_let_go_wherever_that_page_is()
    {
        List<(nuint, nuint)> letGo =
        [
            .. FilePages.Unchanged(
            [
                .. Mapping("55d01000-55d03000 r-xp 00001000 fe:00 247629    /usr/local/bin/iot-agent", "Anonymous: 0 kB", "Swap: 0 kB", "SwapPss: 0 kB"),
                .. Mapping("55d03000-55d05000 r--p 00003000 fe:00 247629    /usr/local/bin/iot-agent", "Anonymous: 4 kB", "Swap: 0 kB", "SwapPss: 0 kB"),
                .. Mapping("55d05000-55d06000 r--p 00005000 fe:00 247629    /usr/local/bin/iot-agent", "Anonymous: 0 kB", "Swap: 4 kB", "SwapPss: 0 kB"),
                .. Mapping("55d06000-55d07000 rw-p 00006000 fe:00 247629    /usr/local/bin/iot-agent", "Anonymous: 0 kB", "Swap: 0 kB", "SwapPss: 0 kB"),
                .. Mapping("77001000-77002000 r--p 00000000 00:00 0", "Anonymous: 0 kB", "Swap: 0 kB", "SwapPss: 0 kB"),
                .. Mapping("77002000-77003000 r--p 00000000 fe:00 1         /lib/of a kernel that does not say", "Anonymous: 0 kB"),
                .. Mapping("77009000-7700a000 r--p 00000000 fe:00 2         /lib/libc.so.6", "Anonymous: 0 kB", "Swap: 0 kB", "SwapPss: 0 kB"),
            ]),
        ];
        Assert.Equal([(0x55d0_1000, 0x55d0_3000), (0x7700_9000, 0x7700_a000)], letGo);

        static IEnumerable<string> Mapping(string mapping, params string[] said) => [mapping, "Size: 8 kB", "Rss: 8 kB", .. said, "Locked: 0 kB", "VmFlags: rd ex mr mw me "];
    }

    private static int Kilobytes() => int.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssFile:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), null);
}
