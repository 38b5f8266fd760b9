using System.Text;
using IoTBackend.Cli.Commands;

namespace Cli.Tests.Commands;

/// <summary>What <c>| head -1</c> leaves of a command.</summary>
public sealed class ClosedPipeTests : IDisposable
{
    private const string Device = """{"deviceId":"d","enabled":true,"status":"online","groups":[],"labels":{},"registeredAt":"2026-11-28T12:00:00Z"}""";

    private const string Alert = """
        {"id":"a","kind":"battery.low","severity":"warning","worstSeverity":"warning","state":"open","summary":"Low","evidence":{},
        "raisedAt":"2026-11-28T12:00:00Z","saidAt":"2026-11-28T12:00:00Z","saidBy":"backend"}
        """;

    private const string Held = """{"held":[{"device":"d","by":"anna","at":"2026-11-28T12:00:00Z"}]}""";

    private readonly Iot _iot = new();

    [Theory]
    [InlineData(Device, "devices", "disable")]
    [InlineData(Device, "devices", "enable")]
    [InlineData(Device, "devices", "enable", "--json")]
    [InlineData(Held, "devices", "pin", "--track", "sensor")]
    [InlineData(Held, "devices", "unpin", "--track", "sensor")]
    [InlineData(Alert, "alerts", "ack")]
    public async Task A_change_is_made_to_all_although_nobody_reads_what_was_done(string answer, params string[] command)
    {
        using var backend = new StubBackend(call => call.StartsWith("GET", StringComparison.Ordinal) ? Device : answer);
        Assert.Equal(0, await RunAsync([.. command, "one", "two", "three", "--url", backend.Url]));
        Assert.Equal(3, backend.Calls.Count(call => !call.StartsWith("GET", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Of_many_changes_the_one_that_failed_gives_the_exit_code()
    {
        using var backend = new StubBackend(call => call.Contains("two", StringComparison.Ordinal) ? null : Device);
        Assert.Equal(4, await RunAsync("devices", "disable", "one", "two", "three", "--url", backend.Url));
    }

    [Fact]
    public async Task A_verdict_that_nobody_reads_is_given_by_the_exit_code()
    {
        using var backend = new StubBackend(_ => """{"delivered":false,"reason":"410 Gone"}""");
        Assert.Equal(1, await RunAsync("channels", "test", "ops", "--url", backend.Url));
        Assert.Equal(3, await RunAsync("smoke-test", Iot.Nowhere));
    }

    [Fact]
    public async Task A_list_that_nobody_reads_any_more_is_no_failure()
    {
        using var backend = new StubBackend(_ => $$"""{"devices":[{{Device}}]}""");
        Assert.Equal(0, await RunAsync("devices", "list", "--url", backend.Url));
    }

    public void Dispose() => _iot.Dispose();

    private Task<int> RunAsync(params string[] arguments)
    {
        _iot.Environment["IOT_OPERATOR_KEY"] = Iot.Key;
        return IotCommand.RunAsync(arguments, _iot.Around(new ClosedPipe()), TestContext.Current.CancellationToken);
    }

    private sealed class ClosedPipe : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        // errno(3), EPIPE.
        public override void Write(char value) => throw new IOException("Broken pipe", 32);
    }
}
