using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Alerts.Episodes;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// Links in messages. The one that acknowledges is signed with a key derived from the master key (HKDF, RFC 5869) over alert, channel and
/// end: it can do this one thing to this one alert, for a week. Mail scanners fetch every link; so it leads to a page, and its button acts.
/// </summary>
/// <param name="masterKey">The backend's.</param>
/// <param name="address">Where the backend is reached by people; null = not known, there are no links.</param>
/// <param name="time">The clock of their end.</param>
public sealed class AlertLinks(byte[] masterKey, Uri? address, TimeProvider time) : IAlertLinks
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, 32, info: "acknowledge links"u8.ToArray());

    public Uri? List => At("#/alerts");

    public Uri? Of(Alert alert) => At($"#/alerts/{Uri.EscapeDataString(alert.Id)}");

    public Uri? Acknowledge(Alert alert, string channel)
    {
        // Whole hours: all attempts at one message say the same.
        var until = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds() / 3600 * 3600;
        return At($"api/acknowledge?alert={Uri.EscapeDataString(alert.Id)}&channel={Uri.EscapeDataString(channel)}&until={until}&signature={Sign(alert.Id, channel, until)}");
    }

    /// <summary>Whether a link was made here and is not over.</summary>
    public bool IsGenuine(string alertId, string channel, long until, string signature) =>
        time.GetUtcNow().ToUnixTimeSeconds() < until
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), Encoding.ASCII.GetBytes(Sign(alertId, channel, until)));

    private string Sign(string alertId, string channel, long until) => Convert.ToHexStringLower(HMACSHA256.HashData(
        _key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"acknowledge\n{alertId}\n{channel}\n{until}"))));

    private Uri? At(string path) => address is null ? null : new Uri(address.AbsoluteUri.TrimEnd('/') + "/" + path);
}
