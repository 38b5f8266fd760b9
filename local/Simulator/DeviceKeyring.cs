using System.Collections.Concurrent;
using System.Text.Json;

namespace IoTBackend.Simulator;

/// <summary>The keys of simulated devices, kept between runs in a file for its owner's eyes only: a registration tells them once.</summary>
internal sealed class DeviceKeyring
{
    private readonly ConcurrentDictionary<string, string> keys;
    private readonly string path;

    public DeviceKeyring(string path)
    {
        this.path = path;
        keys = File.Exists(path) ? JsonSerializer.Deserialize<ConcurrentDictionary<string, string>>(File.ReadAllText(path)) ?? [] : [];
    }

    /// <summary>Whose keys are kept.</summary>
    public IEnumerable<string> Devices => keys.Keys;

    public void Forget(string deviceId) => keys.TryRemove(deviceId, out _);

    public string? Find(string deviceId) => keys.GetValueOrDefault(deviceId);

    public void Keep(DeviceCredential device) => keys[device.DeviceId] = device.Key;

    public void Save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        JsonSerializer.Serialize(file, keys);
    }
}
