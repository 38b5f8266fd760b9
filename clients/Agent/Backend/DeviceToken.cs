using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Agent.Backend;

/// <summary>The device's credential, signed as Azure IoT Hub's device SDKs sign it.</summary>
/// <param name="host">As the backend knows itself.</param>
/// <param name="key">Decoded.</param>
internal sealed class DeviceToken(string host, string deviceId, byte[] key, ServerClock clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private (string Header, DateTimeOffset Until)? _made;

    /// <summary>The value of the <c>Authorization</c> header; the same one for half its life.</summary>
    public string Header
    {
        get
        {
            var now = clock.Now;
            // A clock that was put right leaves tokens behind that are too far ahead.
            if (_made is var (header, until) && now < until - (Life / 2) && until - now <= Life)
                return header;
            var resource = Uri.EscapeDataString($"{host}/devices/{deviceId}");
            var expiry = (now + Life).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            var signature = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{resource}\n{expiry}"));
            header = $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={expiry}";
            _made = (header, now + Life);
            return header;
        }
    }
}
