using IoTBackend.Core.Detection;

namespace Core.Tests.Detection;

public sealed class DetectionStateTests
{
    private readonly byte[] _bytes = new byte[DetectionState.MaxBytes];

    [Fact]
    public void The_longest_texts_fit_into_the_bound()
    {
        var (gateway, track) = (new string('g', DetectionState.MaxGatewayBytes), new string('t', DetectionState.MaxTrackBytes));
        foreach (var digest in new[] { "sha512:" + new string('a', 128), "sha256:" + new string('F', 64), new('d', DetectionState.MaxDigestBytes) })
        {
            var device = new WatchedDevice().Hear(new() { Gateway = gateway, Track = track, Digest = digest, BatteryVoltage = 3, BatteryPercent = 50, Rssi = -70, Sequence = 1 });
            var length = device.State.Write(_bytes);
            Assert.InRange(length, 200, DetectionState.MaxBytes);
            Assert.Equal((gateway, (track, digest)), (device.Health.Gateway, DetectionState.Read(_bytes.AsSpan(0, length)).Image));
        }
    }

    [Fact]
    public void A_text_that_is_too_long_is_treated_as_not_reported()
    {
        var health = new WatchedDevice().Hear(new() { Gateway = new('x', DetectionState.MaxGatewayBytes + 1), Track = new('x', 64), Digest = new('x', 72) }).Health;
        Assert.Equal((null, null, null), (health.Gateway, health.Track, health.Digest));
    }

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

    [Fact]
    public void Estimates_are_shown_without_the_digits_of_their_storage()
    {
        var health = new WatchedDevice().Report(40, TimeSpan.FromSeconds(2.7372), _ => new() { BatteryPercent = 84.1, BatteryVoltage = 3.7, Rssi = -71.3 }).Health;
        Assert.Equal((84.1, 3.7, -71.3), (health.Battery.Percent, health.Battery.Voltage, health.RssiBaseline));
        Assert.Equal("PT2.7S", System.Xml.XmlConvert.ToString(health.Interval!.Value));
    }
}
