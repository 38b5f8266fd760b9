using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;
using IoTBackend.Functions.Devices;
using Microsoft.Extensions.Logging.Abstractions;

namespace Functions.Tests.Devices;

/// <summary>Device <c>d</c>, which signs, and the gate that lets it in.</summary>
internal sealed class KnownDevice : IDeviceExceptions, IDeviceCatalog, IDisposable
{
    private readonly DeviceKeys _keys = new(new byte[32]);
    private readonly AuthenticationAlerts _alerts;
    private readonly TimeProvider _time;

    public KnownDevice(IAlertQueue queue, TimeProvider time)
    {
        _time = time;
        _alerts = new(this, queue, NullLogger<AuthenticationAlerts>.Instance);
        Gate = new(new(_keys, this, time, null), new(time), _alerts, new(Http.Api.Meters));
    }

    public DeviceGate Gate { get; }

    public (string Name, string Value) Credential()
    {
        var (resource, expiry) = (Uri.EscapeDataString("host/devices/d"), _time.GetUtcNow().AddHours(1).ToUnixTimeSeconds());
        var key = Convert.FromBase64String(_keys.Of("d", DeviceKeys.FirstGeneration).PrimaryKey);
        var signature = Uri.EscapeDataString(Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{resource}\n{expiry}"))));
        return ("Authorization", $"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}");
    }

    public DeviceException Of(string deviceId) => DeviceException.None;

    public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => default;

    public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => default;

    public void Dispose() => _alerts.Dispose();
}
