using IoTBackend.Core.Ingest;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Hosting;

namespace Functions.Tests.Hosting;

public sealed class WarmUpTests
{
    [Fact]
    public async Task The_way_to_the_hub_is_open_before_a_device_asks()
    {
        var log = new CountingLog();
        using var warmUp = new WarmUp(log);
        await warmUp.StartAsync(TestContext.Current.CancellationToken);
        await warmUp.ExecuteTask!;
        Assert.Equal(1, log.Opened);
    }

    [Fact]
    public async Task An_instance_starts_while_the_hub_is_away()
    {
        using var warmUp = new WarmUp(new CountingLog { IsAway = true });
        await warmUp.StartAsync(TestContext.Current.CancellationToken);
        await warmUp.ExecuteTask!;
        Assert.True(warmUp.ExecuteTask!.IsCompletedSuccessfully);
    }

    private sealed class CountingLog : ITelemetryLog
    {
        public bool IsAway { get; init; }

        public int Opened { get; private set; }

        public async Task OpenAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (IsAway)
                throw new UnavailableException("hub");
            Opened++;
        }

        public ValueTask AppendAsync(TelemetryMessage message, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
