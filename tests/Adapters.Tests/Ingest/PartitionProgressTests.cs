using IoTBackend.Adapters.Ingest;

namespace Adapters.Tests.Ingest;

public sealed class PartitionProgressTests
{
    [Theory]
    [InlineData(-1, -1, 0, false)]
    [InlineData(10, 7, 3, false)]
    [InlineData(10, 10, 0, false)]
    [InlineData(10, 420, 0, true)]
    [InlineData(-1, 420, 0, true)]
    public void A_processor_that_is_ahead_of_its_hub_is_an_error_and_no_lag_of_nothing(long lastEnqueued, long processed, long lag, bool isError)
    {
        var progress = new PartitionProgress(0, DateTimeOffset.UnixEpoch, lastEnqueued, processed);
        Assert.Equal(lag, progress.Lag);
        Assert.Equal(isError, progress.Error is not null);
    }
}
