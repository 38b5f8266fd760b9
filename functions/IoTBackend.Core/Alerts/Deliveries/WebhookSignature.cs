using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>
/// Signs webhooks as Standard Webhooks 1.0.0 says (https://www.standardwebhooks.com): HMAC-SHA256 over
/// <c>{webhook-id}.{webhook-timestamp}.{body}</c>; secrets are <c>whsec_</c> and 24 to 64 bytes in base64.
/// </summary>
public static class WebhookSignature
{
    public const string SecretPrefix = "whsec_";

    public const int MinSecretBytes = 24;
    public const int MaxSecretBytes = 64;

    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static bool IsSecret(string? secret) =>
        secret is not null && secret.StartsWith(SecretPrefix, StringComparison.Ordinal)
        && Base64.IsValid(secret.AsSpan(SecretPrefix.Length), out var bytes) && bytes is >= MinSecretBytes and <= MaxSecretBytes;

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    /// <param name="secret">A valid secret.</param>
    /// <param name="id">The value of <c>webhook-id</c>; without dots, which part what is signed.</param>
    /// <param name="at">The value of <c>webhook-timestamp</c>, in whole seconds.</param>
    /// <param name="body">The bytes as sent.</param>
    public static string Sign(string secret, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}."));
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(secret[SecretPrefix.Length..]));
        hmac.AppendData(head);
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }
}
