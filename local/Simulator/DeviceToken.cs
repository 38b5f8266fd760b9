using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Simulator;

/// <summary>A device's credential, signed as Azure IoT Hub's device SDKs sign it.</summary>
internal static class DeviceToken
{
    /// <param name="deviceId">Whom it speaks for.</param>
    /// <param name="key">Base64, from the registration.</param>
    /// <param name="expires">At most 30 days ahead.</param>
    /// <param name="host">The backend's, for one that compares it.</param>
    /// <returns>The value of the <c>Authorization</c> header.</returns>
    public static string Sign(string deviceId, string key, DateTimeOffset expires, string host = "simulator")
    {
        var resource = Uri.EscapeDataString($"{host}/devices/{deviceId}");
        var expiry = expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Convert.FromBase64String(key), Encoding.UTF8.GetBytes($"{resource}\n{expiry}"));
        return $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={expiry}";
    }
}
