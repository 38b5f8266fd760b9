using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Stack.Demo;

/// <summary>Verifies a webhook as its receiver should (Standard Webhooks 1.0.0, "Verifying webhook authenticity").</summary>
internal static class StandardWebhook
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public static bool IsGenuine(IHeaderDictionary headers, ReadOnlySpan<byte> body, string secret, DateTimeOffset now)
    {
        var (id, timestamp) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString());
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
            return false;
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(secret["whsec_".Length..]));
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        var expected = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(hmac.GetHashAndReset()));
        return headers["webhook-signature"].ToString().Split(' ')
            .Any(offered => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(offered), expected));
    }
}
