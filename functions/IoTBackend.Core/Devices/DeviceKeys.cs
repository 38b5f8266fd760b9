using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>A device's keys in base64, as IoT Hub writes them.</summary>
public sealed record KeyPair(string PrimaryKey, string SecondaryKey);

/// <summary>
/// Devices' keys, computed rather than stored: <c>HMACSHA256(master, deviceId "\n" generation)</c>, the generation in decimal.
/// The primary key is of <see cref="Device.KeyGeneration"/>, the secondary of the generation before it, so a rotation
/// turns the primary key into the secondary and retires what was secondary.
/// </summary>
/// <param name="master">At least 32 random bytes; whoever has them can sign for every device.</param>
public sealed class DeviceKeys(byte[] master)
{
    public const int Size = HMACSHA256.HashSizeInBytes;

    /// <summary>Of a device registered for the first time: primary 1, secondary 0.</summary>
    public const int FirstGeneration = 1;

    /// <summary>A deleted id that is registered again skips both generations of its former life.</summary>
    public const int GenerationsPerLife = 2;

    public const int MinMasterBytes = 32;

    /// <param name="deviceId">A valid device id.</param>
    /// <param name="generation">0 or more.</param>
    /// <param name="key">Takes <see cref="Size"/> bytes.</param>
    public void Derive(string deviceId, int generation, Span<byte> key)
    {
        Span<byte> message = stackalloc byte[Name.MaxLength + 12];
        var length = Encoding.ASCII.GetBytes(deviceId, message);
        message[length++] = (byte)'\n';
        generation.TryFormat(message[length..], out var digits, provider: CultureInfo.InvariantCulture);
        HMACSHA256.HashData(master, message[..(length + digits)], key);
    }

    public KeyPair Of(string deviceId, int generation) => new(Base64(deviceId, generation), Base64(deviceId, generation - 1));

    private string Base64(string deviceId, int generation)
    {
        Span<byte> key = stackalloc byte[Size];
        Derive(deviceId, generation, key);
        return Convert.ToBase64String(key);
    }
}
