using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace EventHubEmulator.Tests;

/// <summary>
/// Signs as a client does: <c>sr=..&amp;sig=..&amp;se=..&amp;skn=..</c> with sig = base64(HMACSHA256(utf8(key), sr "\n" se)).
/// </summary>
internal static class SasToken
{
    public static string Create(string resource, string rule, string key, DateTimeOffset expiresOn)
    {
        var encoded = WebUtility.UrlEncode(resource);
        var expiry = expiresOn.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{encoded}\n{expiry}"));
        return $"SharedAccessSignature sr={encoded}&sig={WebUtility.UrlEncode(Convert.ToBase64String(signature))}&se={expiry}&skn={WebUtility.UrlEncode(rule)}";
    }
}
