using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Azure.Messaging.EventHubs.Authorization;

/// <summary>
/// <c>SharedAccessSignature sr=..&amp;sig=..&amp;se=..&amp;skn=..</c> with sig = base64(HMACSHA256(utf8(key), sr "\n" se)), sr URL-encoded
/// (Azure, "Authenticate access to Event Hubs resources using shared access signatures").
/// </summary>
internal static class SasToken
{
    private const string Scheme = "SharedAccessSignature ";

    public static string Create(string resource, string keyName, string key, DateTimeOffset expiresOn)
    {
        var resourceEncoded = WebUtility.UrlEncode(resource);
        var expiry = expiresOn.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{resourceEncoded}\n{expiry}"));
        return $"{Scheme}sr={resourceEncoded}&sig={WebUtility.UrlEncode(Convert.ToBase64String(signature))}&se={expiry}&skn={WebUtility.UrlEncode(keyName)}";
    }

    /// <exception cref="FormatException">The signature names no expiry.</exception>
    public static DateTimeOffset ExpiryOf(string signature)
    {
        var fields = signature.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? signature[Scheme.Length..] : signature;
        foreach (var field in fields.Split('&'))
        {
            if (field.StartsWith("se=", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(field.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                return DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, 253402300799));
        }
        throw new FormatException("The shared access signature names no expiry (se).");
    }
}
