using IoTBackend.Core.Detection;

namespace Core.Tests.Detection;

public sealed class DetectionStateTests
{
    private readonly byte[] _bytes = new byte[DetectionState.MaxBytes];

    [Fact]
    public void The_longest_texts_fit_into_the_bound()
    {
        var longest = new string('x', DetectionState.MaxTextBytes);
        var device = new WatchedDevice().Hear(new() { Gateway = longest, Track = longest, Digest = longest, BatteryVoltage = 3, BatteryPercent = 50, Rssi = -70, Sequence = 1 });
        Assert.InRange(device.State.Write(_bytes), 3 * DetectionState.MaxTextBytes, DetectionState.MaxBytes);
    }

    [Fact]
    public void A_text_that_is_too_long_is_treated_as_not_reported() =>
        Assert.Null(new WatchedDevice().Hear(new() { Gateway = new('x', DetectionState.MaxTextBytes + 1) }).Health.Gateway);

    [Fact]
    public void Nothing_stored_is_a_device_never_heard() =>
        Assert.Equal(ConnectivityStatus.Unknown, DetectionState.Read([]).Health(new(), WatchedDevice.Start).Status);

    [Fact]
    public void A_state_of_an_earlier_version_with_shorter_sections_is_read()
    {
        var device = new WatchedDevice().Report(30, TimeSpan.FromMinutes(1));
        device.State.Write(_bytes);
        var silence = _bytes[1] | _bytes[2] << 8;
        byte[] older = [1, 16, 0, .. _bytes[3..19], .. _bytes[(3 + silence)..]];
        Assert.Equal(device.State.LastSeen, DetectionState.Read(older).LastSeen);
    }

    [Theory]
    [InlineData(new byte[] { 2 })]
    [InlineData(new byte[] { 1, 255, 255, 0 })]
    public void What_is_no_state_is_refused(byte[] stored) => Assert.Throws<InvalidDataException>(() => DetectionState.Read(stored));
}
