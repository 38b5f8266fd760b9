using Cli.Tests.Output;

namespace Cli.Tests.Commands;

public sealed class RolloutTests : IDisposable
{
    private readonly StubBackend _backend = new(_ => Documents.Rollout);
    private readonly Iot _iot = new();

    public RolloutTests() => (_iot.Environment["IOT_URL"], _iot.Environment["IOT_OPERATOR_KEY"]) = (_backend.Url, Iot.Key);

    [Fact]
    public async Task A_retry_says_how_many_devices_are_told_again()
    {
        var (exitCode, output, _) = await _iot.RunAsync("rollout", "retry", "sensor-46ee");
        Assert.Equal((0, "sensor-46eed82b671a7e727c6d4172d429f4b7 is running. 3 devices that failed are told once more."), (exitCode, output.Trim()));
        Assert.Equal(["GET /api/releases/sensor-46ee/rollout", "POST /api/releases/sensor-46ee/retry"], _backend.Calls);
        Assert.Contains("7", _backend.IfMatch, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_nobody_knows_is_pinned_with_a_remark()
    {
        using var backend = new StubBackend(call => call.StartsWith("PUT", StringComparison.Ordinal) ? """{"held":[]}""" : null);
        _iot.Environment["IOT_URL"] = backend.Url;
        var (exitCode, output, error) = await _iot.RunAsync("devices", "pin", "pmup-07", "--track", "sensor");
        Assert.Equal((0, "pmup-07 keeps what it runs, whatever comes on sensor."), (exitCode, output.Trim()));
        Assert.Equal("iot: no device pmup-07 is registered; it is kept there as soon as it is.", error.Trim());
    }

    public void Dispose()
    {
        _backend.Dispose();
        _iot.Dispose();
    }
}
