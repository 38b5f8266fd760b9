using Core.Tests.Releases;
using Functions.Tests.Devices;
using Functions.Tests.Http;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Functions.Ingest;
using Microsoft.Extensions.Time.Testing;

namespace Functions.Tests.Ingest;

public sealed class TelemetryResourceTests : ITelemetryLog, IDisposable
{
    private readonly KnownDevice _device;
    private readonly Api _api;
    private int _appended;

    public TelemetryResourceTests()
    {
        var time = new FakeTimeProvider(new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
        var (meter, versions) = (new TelemetryMeter(Api.Meters, time), new DesiredVersions(time));
        versions.Set("d", 7);
        _device = new(new MemoryStores(), time);
        _api = new(new TakeTelemetry(_device.Gate, versions, new(new(), time), meter, new(this, meter, time)));
    }

    [Theory]
    [InlineData("{}", 1, 0, 0)]
    [InlineData("[{},{\"seq\":1}]", 2, 0, 0)]
    [InlineData("""[{},{"battery":{"voltage":1000}}]""", 2, 0, 1)]
    public async Task What_was_taken_left_out_and_refused_is_told(string body, int accepted, int rejected, int ignored)
    {
        var answer = await SendAsync(body);
        Assert.Equal((202, accepted, rejected), (answer.Status, answer.Body?.GetProperty("accepted").GetInt32(), answer.Body?.GetProperty("rejected").GetArrayLength()));
        Assert.Equal(ignored, answer.Body!.Value.TryGetProperty("ignored", out var fields) ? fields.GetArrayLength() : 0);
        Assert.Equal(("7", 1), (answer.Headers["Desired-Version"].ToString(), _appended));
    }

    [Theory]
    [InlineData("{", "application/json", 400)]
    [InlineData("", "application/json", 400)]
    [InlineData("{}", "image/png", 415)]
    public async Task What_cannot_be_read_is_refused_and_nothing_goes_to_the_hub(string body, string contentType, int status)
    {
        Assert.Equal(status, (await SendAsync(body, ("Content-Type", contentType))).Status);
        Assert.Equal(0, _appended);
    }

    [Fact]
    public async Task A_query_parameter_nobody_reads_is_refused() =>
        Assert.Equal(400, (await _api.SendAsync("POST", "/api/devices/d/telemetry?ts=now", "{}", _device.Credential())).Status);

    Task ITelemetryLog.OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    ValueTask ITelemetryLog.AppendAsync(TelemetryMessage message, CancellationToken cancellationToken)
    {
        _appended++;
        return default;
    }

    public void Dispose() => _device.Dispose();

    private Task<Answer> SendAsync(string body, params (string, string)[] headers) =>
        _api.SendAsync("POST", "/api/devices/d/telemetry", body, [.. headers, _device.Credential()]);
}
