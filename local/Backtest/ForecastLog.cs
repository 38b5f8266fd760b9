using System.Text.Json;
using IoTBackend.Core.Detection;

namespace IoTBackend.Backtest;

/// <summary>Writes each device's battery forecast at a fixed step of event time, as long as the device reports.</summary>
internal sealed class ForecastLog(TextWriter output, TimeSpan step)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private DateTimeOffset _next;

    public void Until(DateTimeOffset now, IReadOnlyDictionary<string, Member> devices)
    {
        if (_next == default)
            _next = now + step;
        if (_next > now)
            return;
        var at = _next;
        while (_next <= now)
            _next += step;
        foreach (var device in devices.Values.Where(d => d.Changed))
        {
            device.Changed = false;
            var battery = device.State.Health(device.Policy, at).Battery;
            Write(device.Id, at, "low", battery.Low);
            Write(device.Id, at, "critical", battery.Critical);
            Write(device.Id, at, "empty", battery.Empty);
        }
    }

    private void Write(string deviceId, DateTimeOffset at, string level, Forecast? forecast)
    {
        if (forecast is not null)
            output.WriteLine(JsonSerializer.Serialize(new { deviceId, at, level, forecast.ExpectedAt, forecast.Earliest, forecast.Latest }, Json));
    }
}
